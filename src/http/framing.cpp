#include "chars.hpp"

#include <gate/http/framing.hpp>
#include <gate/http/head_parser.hpp>

#include <limits>
#include <optional>

namespace gate::http {
namespace {

using core::reason;

// 1*DIGIT and nothing else, up to what a signed 64-bit number holds: the upstream may use one.
std::optional<std::uint64_t> read_length(std::string_view text) noexcept {
    if (text.empty() || text.size() > 19) return std::nullopt;
    std::uint64_t value = 0;
    for (const char c : text) {
        if (!is_digit(c)) return std::nullopt;
        value = value * 10 + static_cast<std::uint64_t>(c - '0');
    }
    if (value > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) return std::nullopt;
    return value;
}

// Names and commas, nothing quoted and no parameter: a coding that somebody might support.
bool is_list_of_codings(std::string_view text) noexcept {
    bool any = false;
    for (const char c : text) {
        if (!is_token(c) && c != ',' && !is_blank(c)) return false;
        any = any || is_token(c);
    }
    return any;
}

// What the framing fields of a message say; kind none when there are none.
template <class Head>
reason read_framing(const Head& head, body_framing& out) noexcept {
    if (!head.has(field_id::transfer_encoding)) {
        if (!head.has(field_id::content_length)) return reason::none;
        if (head.count(field_id::content_length) != 1) return reason::bad_framing;
        const auto length = read_length(head.find(field_id::content_length)->value);
        if (!length) return reason::bad_framing;
        out = {body_kind::counted, *length};
        return reason::none;
    }
    if (head.has(field_id::content_length) || head.minor == 0 || head.count(field_id::transfer_encoding) != 1)
        return reason::bad_framing;
    const auto coding = head.find(field_id::transfer_encoding)->value;
    if (!core::iequals(coding, "chunked"))
        return is_list_of_codings(coding) ? reason::unsupported_coding : reason::bad_framing;
    out = {body_kind::chunked, 0};
    return reason::none;
}

bool never_has_a_body(int status) noexcept {
    return status < 200 || status == 204 || status == 304;
}

}  // namespace

core::result<body_framing> request_framing(const request_head& head) {
    body_framing framing;
    const reason why = read_framing(head, framing);
    if (why != reason::none) return why;
    return framing;
}

core::result<body_framing> response_framing(const response_head& head, method asked) {
    body_framing framing;
    if (read_framing(head, framing) != reason::none) return reason::upstream_bad_response;
    if (asked == method::head || never_has_a_body(head.status)) return body_framing{};
    if (framing.kind == body_kind::none) framing.kind = body_kind::until_close;
    return framing;
}

}  // namespace gate::http
