#include "chars.hpp"

#include <gate/http/request_id.hpp>
#include <gate/http/traceparent.hpp>

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

// Sixteen bytes at once, as the processor adds and compares them (a GCC and clang extension): a fifth of the
// instructions of a loop over the digits.
using block = unsigned char __attribute__((vector_size(16)));

char* put_hex(std::uint64_t value, char* out) noexcept {
    if constexpr (std::endian::native == std::endian::little) value = __builtin_bswap64(value);
    block digits{};
    std::memcpy(&digits, &value, sizeof value);
    digits = __builtin_shufflevector(digits >> 4, digits & 0x0F, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6,
                                     22, 7, 23);
    digits += '0' + ((digits > 9) & ('a' - '0' - 10));
    std::memcpy(out, &digits, sizeof digits);
    return out + sizeof digits;
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

traceparent request_id_source::continued(std::string_view parent) noexcept {
    constexpr unsigned sampled = 1;
    constexpr unsigned random = 2;  // the trace id is; Trace Context level 2
    const bool is_version_00 = parent.starts_with("00");
    const unsigned flags =
        hex_value(trace_flags_of(parent)[1]) & (is_version_00 ? sampled | random : sampled);
    traceparent out;
    std::memcpy(out.text, "00-", 3);
    trace_id_of(parent).copy(out.text + 3, 32);
    out.text[35] = '-';
    char* p = put_hex(permute(++count_ + first_key_) | 1, out.text + 36);
    std::memcpy(p, "-00", 3);
    p[2] = static_cast<char>('0' + flags);
    return out;
}

}  // namespace gate::http
