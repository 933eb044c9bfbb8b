#include "chars.hpp"

#include <gate/http/traceparent.hpp>

namespace gate::http {
namespace {

constexpr std::size_t size_of_version_00 = 55;

bool is_lower_hex(std::string_view text) noexcept {
    for (const char c : text)
        if (hex_value(c) > 15 || (c >= 'A' && c <= 'F')) return false;
    return true;
}

bool is_id(std::string_view text) noexcept {
    return is_lower_hex(text) && text.find_first_not_of('0') != std::string_view::npos;
}

}  // namespace

bool is_valid_traceparent(std::string_view value) noexcept {
    if (value.size() < size_of_version_00 || value[2] != '-' || value[35] != '-' || value[52] != '-')
        return false;
    const auto version = value.substr(0, 2);
    if (!is_lower_hex(version) || version == "ff") return false;
    if (value.size() > size_of_version_00 && (version == "00" || value[size_of_version_00] != '-'))
        return false;
    return is_id(trace_id_of(value)) && is_id(span_id_of(value)) && is_lower_hex(trace_flags_of(value));
}

std::string_view incoming_trace(const request_head& head) noexcept {
    if (head.count(field_id::traceparent) != 1) return {};
    const auto value = head.find(field_id::traceparent)->value;
    return is_valid_traceparent(value) ? value : std::string_view();
}

}  // namespace gate::http
