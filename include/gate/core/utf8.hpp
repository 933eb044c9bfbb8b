#pragma once
// UTF-8 as RFC 3629 defines it. http/utf8.hpp reads it as lenient servers do.

#include <cstddef>
#include <string>
#include <string_view>

namespace gate::core {

namespace detail {

// The sequences of more than one byte by their first one (Unicode, table 3-7): how many bytes, and the range
// of the second.
struct utf8_form {
    std::size_t length;
    unsigned char second_min, second_max;
};

constexpr utf8_form utf8_form_of(unsigned char lead) noexcept {
    if (lead >= 0xC2 && lead <= 0xDF) return {2, 0x80, 0xBF};
    if (lead == 0xE0) return {3, 0xA0, 0xBF};
    if (lead == 0xED) return {3, 0x80, 0x9F};
    if (lead >= 0xE1 && lead <= 0xEF) return {3, 0x80, 0xBF};
    if (lead == 0xF0) return {4, 0x90, 0xBF};
    if (lead >= 0xF1 && lead <= 0xF3) return {4, 0x80, 0xBF};
    if (lead == 0xF4) return {4, 0x80, 0x8F};
    return {0, 0, 0};
}

}  // namespace detail

// The length of the sequence at the front of `text`, 0 if there is none. Precondition: `text` is not empty.
constexpr std::size_t utf8_sequence(std::string_view text) noexcept {
    const auto byte = [text](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    if (byte(0) < 0x80) return 1;
    const auto form = detail::utf8_form_of(byte(0));
    if (form.length == 0 || text.size() < form.length) return 0;
    if (byte(1) < form.second_min || byte(1) > form.second_max) return 0;
    for (std::size_t i = 2; i < form.length; ++i) {
        if ((byte(i) & 0xC0U) != 0x80) return 0;
    }
    return form.length;
}

bool is_utf8(std::string_view text) noexcept;

// `text` with U+FFFD in place of each byte that begins no sequence.
std::string repaired_utf8(std::string_view text);

}  // namespace gate::core
