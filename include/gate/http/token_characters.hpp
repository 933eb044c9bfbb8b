#pragma once
// What tokens of HTTP are made of (RFC 9110 5.6.2): names of fields, methods, authentication schemes.

#include <array>
#include <string_view>

namespace gate::http {

namespace detail {

inline constexpr auto token_characters = [] {
    std::array<bool, 256> set{};
    for (const char c : std::string_view("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                         "!#$%&'*+-.^_`|~"))
        set[static_cast<unsigned char>(c)] = true;
    return set;
}();

}  // namespace detail

constexpr bool is_token_character(char c) noexcept {
    return detail::token_characters[static_cast<unsigned char>(c)];
}

}  // namespace gate::http
