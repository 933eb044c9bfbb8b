#pragma once
// The names of a request that are told apart by a table, because they are rare: names that are removed, and
// other spellings of names that a receiver could take for them.

#include <gate/http/head.hpp>

#include <span>

namespace gate::http {

struct watched_name {
    std::string_view folded;
    field_id id;         // of the name itself, in any case
    field_id lookalike;  // of other names that fold to it
};

std::span<const watched_name> watched_names() noexcept;

// field_id::other for what is not watched. `name` must not be empty.
field_id classify_watched(std::string_view name) noexcept;

}  // namespace gate::http
