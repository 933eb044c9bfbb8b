#pragma once
// "Did you mean": the known word nearest to a misspelt one.

#include <cstddef>
#include <span>
#include <string_view>

namespace gate::config {

// Insertions, deletions, replacements and swaps of neighbours that turn one word into the other (optimal
// string alignment).
std::size_t edit_distance(std::string_view a, std::string_view b);

// The nearest candidate, or "" when none is near: a third of the word's letters may differ, at least one.
std::string_view nearest(std::string_view word, std::span<const std::string_view> candidates);

}  // namespace gate::config
