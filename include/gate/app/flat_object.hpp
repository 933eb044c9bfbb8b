#pragma once
// What operators send to the admin listener: a small JSON object of texts and booleans. Pure.

#include <gate/core/secret_string.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gate::app {

struct flat_member {
    std::string name;
    core::secret_string text;     // of a string; it may be a token
    std::optional<bool> boolean;  // of true and false; nothing: it is a string
};

// The members of one JSON object, in their order: valid UTF-8, nothing after it, no name twice, at most 8
// members, and no value but strings and booleans. Nothing for anything else.
std::optional<std::vector<flat_member>> read_flat_object(std::string_view text);

}  // namespace gate::app
