#pragma once
// The text of a message, before it is sealed: fields of a number, a length and a value, so that an older
// replica skips what it does not know. Pure.

#include <gate/auth/fleet_message.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace gate::store {

inline constexpr std::size_t longest_message = 1'024;  // bytes of its text
inline constexpr std::size_t most_keys = 8;            // secret keys that a sender may hold

std::string write(const auth::fleet_message& message);

// Nothing where it is none: a field that must be there is missing, occurs twice, has a wrong size or a value
// out of range. Of what a newer replica adds, fields are skipped, and kinds are none.
std::optional<auth::fleet_message> read_message(std::string_view text);

}  // namespace gate::store
