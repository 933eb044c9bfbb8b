#pragma once
// What tokens of HTTP are made of (RFC 9110 5.6.2): names of fields, methods, authentication schemes.

#include <gate/core/character_set.hpp>

namespace gate::http {

namespace detail {

inline constexpr auto token_characters =
    core::characters_of("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%&'*+-.^_`|~");

}  // namespace detail

constexpr bool is_token_character(char c) noexcept {
    return detail::token_characters[static_cast<unsigned char>(c)];
}

}  // namespace gate::http
