#include "utf8.hpp"

#include <array>
#include <bit>

namespace gate::http {
namespace {

// The first code that needs so many bytes.
constexpr std::array<std::uint32_t, 8> first_of_size{0, 0, 0x80, 0x800, 0x10000, 0x200000, 0x4000000, 0};

char continuation(std::uint32_t code, unsigned shift) noexcept {
    return static_cast<char>(0x80U | (code >> shift & 0x3fU));
}

}  // namespace

utf8_character read_utf8(std::string_view text) noexcept {
    const auto byte = [text](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const auto size = static_cast<std::size_t>(std::countl_one(byte(0)));
    if (size < 2 || size > 6 || text.size() < size) return {};
    std::uint32_t code = byte(0) & (0x7fU >> size);
    for (std::size_t i = 1; i < size; ++i) {
        if ((byte(i) & 0xc0U) != 0x80) return {};
        code = code << 6U | (byte(i) & 0x3fU);
    }
    return {code, static_cast<std::uint8_t>(size), code < first_of_size[size]};
}

void append_utf8(std::uint32_t code, std::string& out) {
    if (code < 0x80) {
        out += static_cast<char>(code);
        return;
    }
    std::size_t size = 2;
    while (size < 6 && code >= first_of_size[size + 1]) ++size;
    const auto lead = static_cast<std::uint32_t>(0xff00U >> size & 0xffU);
    out += static_cast<char>(lead | code >> (6 * (size - 1)));
    for (auto left = size - 1; left-- > 0;) out += continuation(code, static_cast<unsigned>(6 * left));
}

}  // namespace gate::http
