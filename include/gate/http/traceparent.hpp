#pragma once
// The traceparent field of W3C Trace Context.

#include <gate/core/hex.hpp>
#include <gate/http/head.hpp>

#include <string_view>

namespace gate::http {

// "00-<32 hex>-<16 hex>-<2 hex>": lower case, neither id all zeros. A higher version than 00 may have more
// after a further '-'; version ff is never valid.
bool is_valid_traceparent(std::string_view value) noexcept;

// The trace that the client is in, which we continue: the value of its one traceparent, if it is valid.
// Empty: there is none; its tracestate says nothing then.
std::string_view incoming_trace(const request_head& head) noexcept;

// The ids in a valid traceparent. Views into it.
inline std::string_view trace_id_of(std::string_view traceparent) noexcept {
    return traceparent.substr(3, 32);
}
inline std::string_view span_id_of(std::string_view traceparent) noexcept {
    return traceparent.substr(36, 16);
}
inline std::string_view trace_flags_of(std::string_view traceparent) noexcept {
    return traceparent.substr(53, 2);
}
// Whether who sent it may have recorded its part of the trace: then somebody keeps it.
inline bool is_sampled(std::string_view traceparent) noexcept {
    return (core::hex_value(trace_flags_of(traceparent)[1]) & 1) != 0;
}

}  // namespace gate::http
