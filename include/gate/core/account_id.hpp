#pragma once
// What an account id of Gate's looks like: an opaque text that can stand in a header field.

#include <gate/core/text.hpp>
#include <gate/core/token_text.hpp>

#include <algorithm>
#include <cstddef>
#include <string_view>

namespace gate::core {

inline constexpr std::size_t longest_account_id = 256;  // bytes

// Visible ASCII, not empty, not over-long (rule 6).
constexpr bool is_account_id(std::string_view text) noexcept {
    return !text.empty() && text.size() <= longest_account_id && std::ranges::all_of(text, is_visible);
}

// What an operator may write where an account is meant: never an agent token or a secret key, which
// somebody may paste by mistake.
constexpr bool names_an_account(std::string_view text) noexcept {
    return is_account_id(text) && !text.starts_with(agent_token_prefix) && !text.starts_with("sk_");
}

}  // namespace gate::core
