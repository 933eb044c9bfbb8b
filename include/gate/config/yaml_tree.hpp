#pragma once
// YAML, read strictly, into a small tree that keeps positions. What configuration files need and no more: one
// document of maps, lists and plain or quoted scalars. Duplicate keys, merge keys, anchors, aliases and tags
// are refused, as is whatever could make a hostile file expensive: nothing is ever expanded, and size, depth
// and number are bounded.

#include <gate/config/problem.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace gate::config {

inline constexpr std::size_t most_file_bytes = 1024 * 1024;

struct node {
    enum class kind_t { null, scalar, sequence, map, broken };  // broken: already reported, to be skipped

    kind_t kind = kind_t::null;
    position at;
    std::string text;            // of a scalar
    std::vector<node> children;  // of a map (each with its key) or a sequence
    std::string key;             // in a map
    position key_at;
};

// The root of the document, null when the text is empty. Problems go to `problems`; after a syntax error the
// tree has no children. Never throws for what `text` holds.
node read_tree(std::string_view text, problem_list& problems);

}  // namespace gate::config
