#pragma once
// What an agent token looks like: "agt_", then a token68 (RFC 9110 11.2). Gate publishes no narrower pattern.

#include <gate/core/character_set.hpp>

#include <string_view>

namespace gate::core {

inline constexpr std::string_view agent_token_prefix = "agt_";

namespace detail {

inline constexpr auto token68_characters =
    characters_of("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-._~+/");

}  // namespace detail

// Without the padding "=" that may stand at the end.
constexpr bool is_token68(char c) noexcept {
    return detail::token68_characters[static_cast<unsigned char>(c)];
}

}  // namespace gate::core
