#pragma once
// UTF-8 as lenient servers read it: also longer than needed, which RFC 3629 forbids.

#include <cstdint>
#include <string>
#include <string_view>

namespace gate::http {

struct utf8_character {
    std::uint32_t code = 0;
    std::uint8_t size = 0;  // in bytes; 0: this is no sequence
    bool is_overlong = false;
};

// The sequence of two to six bytes at the front of `text`. Precondition: `text` is not empty.
utf8_character read_utf8(std::string_view text) noexcept;

// Any code, surrogates too, in as few bytes as it needs.
void append_utf8(std::uint32_t code, std::string& out);

// The ASCII character that U+FF01..U+FF5E are the full-width forms of, or 0.
constexpr char ascii_of_full_width(std::uint32_t code) noexcept {
    return code >= 0xff01 && code <= 0xff5e ? static_cast<char>(code - 0xff01 + '!') : '\0';
}

// What servers trim besides ASCII: the white space of Unicode, and what counted as such in its past.
constexpr bool is_unicode_blank(std::uint32_t code) noexcept {
    return code == 0x85 || code == 0xa0 || code == 0x1680 || code == 0x180e ||
           (code >= 0x2000 && code <= 0x200a) || code == 0x2028 || code == 0x2029 || code == 0x202f ||
           code == 0x205f || code == 0x3000 || code == 0xfeff;
}

}  // namespace gate::http
