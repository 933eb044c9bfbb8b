#pragma once
// Character classes of RFC 9110 5.6 and RFC 3986 as tables of 256 bytes, and the loops over them.

#include <gate/core/hex.hpp>
#include <gate/core/text.hpp>
#include <gate/http/token_characters.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace gate::http {

using core::hex_value;
using core::is_blank;
using core::is_digit;
using core::to_lower;

namespace char_class {
inline constexpr std::uint8_t token = 1;  // RFC 9110 5.6.2
inline constexpr std::uint8_t value = 2;  // HTAB, SP, VCHAR, obs-text
inline constexpr std::uint8_t digit = 4;
inline constexpr std::uint8_t unreserved = 8;  // RFC 3986 2.3
inline constexpr std::uint8_t quoted = 16;     // qdtext, RFC 9110 5.6.4
inline constexpr std::uint8_t reg_name = 32;   // RFC 3986 3.2.2, but "%" and ","
}  // namespace char_class

namespace detail {

constexpr bool is_alpha(unsigned c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
constexpr bool is_digit(unsigned c) {
    return c >= '0' && c <= '9';
}

constexpr std::uint8_t classes_of(unsigned c) {
    unsigned classes = 0;
    const bool alnum = is_alpha(c) || is_digit(c);
    const auto among = [c](std::string_view set) {
        return c < 0x80 && set.find(static_cast<char>(c)) != std::string_view::npos;
    };
    if (is_token_character(static_cast<char>(c))) classes |= char_class::token;
    if (c == '\t' || (c >= 0x20 && c != 0x7f)) classes |= char_class::value;
    if (is_digit(c)) classes |= char_class::digit;
    if (alnum || among("-._~")) classes |= char_class::unreserved;
    if (alnum || among("-._~!$&'()*+;=")) classes |= char_class::reg_name;
    if ((classes & char_class::value) != 0 && c != '"' && c != '\\') classes |= char_class::quoted;
    return static_cast<std::uint8_t>(classes);
}

template <class T, class Function>
constexpr std::array<T, 256> table_of(Function function) {
    std::array<T, 256> table{};
    for (unsigned c = 0; c < table.size(); ++c) table[c] = static_cast<T>(function(c));
    return table;
}

inline constexpr auto classes = table_of<std::uint8_t>(classes_of);

inline constexpr auto folded = table_of<char>([](unsigned c) -> unsigned {
    if (!is_alpha(c) && !is_digit(c)) return '-';
    return c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c;
});

}  // namespace detail

inline bool has_class(char c, std::uint8_t which) noexcept {
    return (detail::classes[static_cast<unsigned char>(c)] & which) != 0;
}
inline bool is_token(char c) noexcept {
    return has_class(c, char_class::token);
}

// Lower case; whatever is neither letter nor digit becomes '-'.
inline char fold(char c) noexcept {
    return detail::folded[static_cast<unsigned char>(c)];
}

inline bool all_of_class(std::string_view text, std::uint8_t which) noexcept {
    for (const char c : text)
        if (!has_class(c, which)) return false;
    return true;
}
inline bool is_token(std::string_view text) noexcept {
    return !text.empty() && all_of_class(text, char_class::token);
}

inline bool holds(std::string_view text, char c) noexcept {
    return text.find(c) != std::string_view::npos;
}

}  // namespace gate::http
