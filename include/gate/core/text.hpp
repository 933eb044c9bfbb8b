#pragma once
// ASCII text, whatever the locale.

#include <string>
#include <string_view>

namespace gate::core {

constexpr bool is_blank(char c) noexcept {                                   // OWS of RFC 9110 5.6.3
    return static_cast<unsigned char>(c) <= ' ' && (c == ' ' || c == '\t');  // few bytes need the second look
}
constexpr bool is_white_space(char c) noexcept {
    return is_blank(c) || c == '\r' || c == '\n';
}
constexpr bool is_digit(char c) noexcept {
    return c >= '0' && c <= '9';
}
constexpr char to_lower(char c) noexcept {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}
constexpr char to_upper(char c) noexcept {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - ('a' - 'A')) : c;
}
constexpr bool is_alphanumeric(char c) noexcept {
    return is_digit(c) || (to_lower(c) >= 'a' && to_lower(c) <= 'z');
}

constexpr bool is_visible(char c) noexcept {  // VCHAR of RFC 5234
    return c > ' ' && c < '\x7f';
}

// Not empty, and of digits alone.
constexpr bool all_digits(std::string_view text) noexcept {
    for (const char c : text)
        if (!is_digit(c)) return false;
    return !text.empty();
}

// Whether the texts are the same but for the case of their letters.
constexpr bool iequals(std::string_view a, std::string_view b) noexcept {
    if (a.size() != b.size()) return false;
    for (std::size_t i = 0; i < a.size(); ++i)
        if (to_lower(a[i]) != to_lower(b[i])) return false;
    return true;
}

// `text` with its letters in lower or in upper case, and all else as it is.
inline std::string lowered(std::string_view text) {
    std::string out(text);
    for (char& c : out) c = to_lower(c);
    return out;
}
inline std::string uppered(std::string_view text) {
    std::string out(text);
    for (char& c : out) c = to_upper(c);
    return out;
}

// `text` with '?' for each byte that is neither visible nor a space.
inline std::string printable_text(std::string_view text) {
    std::string out(text);
    for (char& c : out)
        if (!is_visible(c) && c != ' ') c = '?';
    return out;
}

// `text` without the characters at both ends that are white.
template <class Predicate = bool (*)(char) noexcept>
constexpr std::string_view trim(std::string_view text, Predicate is_white = is_blank) noexcept {
    while (!text.empty() && is_white(text.front())) text.remove_prefix(1);
    while (!text.empty() && is_white(text.back())) text.remove_suffix(1);
    return text;
}

}  // namespace gate::core
