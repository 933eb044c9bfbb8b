#pragma once
// Hexadecimal digits: written in lower case, read in both.

#include <bit>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

namespace gate::core {

inline constexpr std::string_view hex_digits = "0123456789abcdef";
inline constexpr unsigned no_hex_digit = 0xff;

// 0..15, or no_hex_digit.
constexpr unsigned hex_value(char c) noexcept {
    if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
    if (c >= 'a' && c <= 'f') return static_cast<unsigned>(c - 'a' + 10);
    if (c >= 'A' && c <= 'F') return static_cast<unsigned>(c - 'A' + 10);
    return no_hex_digit;
}
constexpr bool is_hex_digit(char c) noexcept {
    return hex_value(c) != no_hex_digit;
}

// Two digits for each byte; returns the end of what was written.
constexpr char* write_hex(std::span<const std::uint8_t> bytes, char* out) noexcept {
    for (const auto each : bytes) {
        *out++ = hex_digits[each >> 4U];
        *out++ = hex_digits[each & 0xfU];
    }
    return out;
}

// Sixteen digits, the highest first. Sixteen bytes are added and compared together, as the processor does it
// (a GCC and clang extension): a fifth of the instructions of a loop over the digits.
inline char* write_hex(std::uint64_t value, char* out) noexcept {
    using block = unsigned char __attribute__((vector_size(16)));
    if constexpr (std::endian::native == std::endian::little) value = __builtin_bswap64(value);
    block digits{};
    std::memcpy(&digits, &value, sizeof value);
    digits = __builtin_shufflevector(digits >> 4, digits & 0x0F, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6,
                                     22, 7, 23);
    digits += '0' + ((digits > 9) & ('a' - '0' - 10));
    std::memcpy(out, &digits, sizeof digits);
    return out + sizeof digits;
}

}  // namespace gate::core
