#include "chars.hpp"

#include <gate/http/request_id.hpp>

#include <bit>
#include <cstring>
#include <random>

namespace gate::http {
namespace {

// The finaliser of SplitMix64: a permutation of 64-bit numbers, so that different inputs never meet.
std::uint64_t permute(std::uint64_t x) noexcept {
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
    return x ^ (x >> 31);
}

// Eight digits at once: the half-bytes are spread over the bytes of a word, and turned into digits together.
char* put_hex_half(std::uint32_t value, char* out) noexcept {
    std::uint64_t x = value;
    x = (x | x << 16) & 0x0000'ffff'0000'ffffULL;
    x = (x | x << 8) & 0x00ff'00ff'00ff'00ffULL;
    x = (x | x << 4) & 0x0f0f'0f0f'0f0f'0f0fULL;
    const std::uint64_t letters = ((x + 0x0606'0606'0606'0606ULL) >> 4) & 0x0101'0101'0101'0101ULL;
    x += 0x3030'3030'3030'3030ULL + letters * ('a' - '0' - 10);
    if constexpr (std::endian::native == std::endian::little) x = __builtin_bswap64(x);
    std::memcpy(out, &x, sizeof x);
    return out + sizeof x;
}

char* put_hex(std::uint64_t value, char* out) noexcept {
    return put_hex_half(static_cast<std::uint32_t>(value),
                        put_hex_half(static_cast<std::uint32_t>(value >> 32), out));
}

std::uint64_t random_key() {
    std::random_device device;
    const std::uint64_t high = device();
    return (high << 32) | device();
}

}  // namespace

bool is_sane_request_id(std::string_view id) noexcept {
    if (id.empty() || id.size() > 128) return false;
    for (const char c : id)
        if (!has_class(c, char_class::unreserved) &&
            std::string_view("+/=:@").find(c) == std::string_view::npos)
            return false;
    return true;
}

request_id_source::request_id_source() : first_key_(random_key()), second_key_(random_key()) {}

request_id request_id_source::next() noexcept {
    request_id id;
    const std::uint64_t high = permute(++count_ + first_key_);
    std::memcpy(id.text, "req_", 4);
    put_hex(permute(high ^ second_key_), put_hex(high, id.text + 4));
    return id;
}

traceparent request_id_source::next_traceparent() noexcept {
    traceparent out;
    const std::uint64_t high = permute(++count_ + first_key_);
    const std::uint64_t low = permute(high ^ second_key_);
    // All zeros is no id: set one bit that carries nothing.
    char* p = out.text;
    std::memcpy(p, "00-", 3);
    p = put_hex(low | 1, put_hex(high, p + 3));
    *p++ = '-';
    p = put_hex(permute(low + second_key_) | 1, p);
    std::memcpy(p, "-01", 3);
    return out;
}

}  // namespace gate::http
