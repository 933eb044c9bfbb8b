#include "chars.hpp"

#include <gate/core/mix.hpp>
#include <gate/core/random.hpp>
#include <gate/http/request_id.hpp>
#include <gate/http/traceparent.hpp>

#include <cstring>

namespace gate::http {
namespace {

using core::mix;  // a permutation: different counts give different ids
using core::write_hex;

}  // namespace

bool is_sane_request_id(std::string_view id) noexcept {
    if (id.empty() || id.size() > 128) return false;
    for (const char c : id)
        if (!has_class(c, char_class::unreserved) &&
            std::string_view("+/=:@").find(c) == std::string_view::npos)
            return false;
    return true;
}

request_id_source::request_id_source()
    : first_key_(core::random_number()), second_key_(core::random_number()) {}

request_id request_id_source::next() noexcept {
    request_id id;
    const std::uint64_t high = mix(++count_ + first_key_);
    std::memcpy(id.text, "req_", 4);
    write_hex(mix(high ^ second_key_), write_hex(high, id.text + 4));
    return id;
}

traceparent request_id_source::next_traceparent() noexcept {
    traceparent out;
    const std::uint64_t high = mix(++count_ + first_key_);
    const std::uint64_t low = mix(high ^ second_key_);
    // All zeros is no id: set one bit that carries nothing.
    char* p = out.text;
    std::memcpy(p, "00-", 3);
    p = write_hex(low | 1, write_hex(high, p + 3));
    *p++ = '-';
    p = write_hex(mix(low + second_key_) | 1, p);
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
    char* p = write_hex(mix(++count_ + first_key_) | 1, out.text + 36);
    std::memcpy(p, "-00", 3);
    p[2] = static_cast<char>('0' + flags);
    return out;
}

}  // namespace gate::http
