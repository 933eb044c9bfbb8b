// What all spans have, and the one of the request.
#include "request_spans.hpp"

#include <gate/core/hex.hpp>
#include <gate/telemetry/labels.hpp>

#include <array>

namespace gate::exporting {
namespace {

// SpanFlags: whether the parent is of another process is known, and it is.
constexpr std::uint64_t has_is_remote = 0x100;
constexpr std::uint64_t is_remote = 0x200;

std::uint64_t flags_of(std::string_view two_digits, bool remote_parent) {
    const auto flags = core::hex_value(two_digits[0]) << 4 | core::hex_value(two_digits[1]);
    return flags | has_is_remote | (remote_parent ? is_remote : 0);
}

std::array<char, 3> digits_of(unsigned status) {
    return {static_cast<char>('0' + status / 100 % 10), static_cast<char>('0' + status / 10 % 10),
            static_cast<char>('0' + status % 10)};
}

}  // namespace

// Nanoseconds since 1970.
std::uint64_t request_spans::beginning_of(const telemetry::access_record& line) noexcept {
    const auto lasted = std::max(line.took.whole, std::chrono::nanoseconds{0});
    const auto began =
        std::chrono::duration_cast<std::chrono::nanoseconds>(line.time.time_since_epoch()) - lasted;
    return static_cast<std::uint64_t>(std::max(began.count(), std::int64_t{0}));
}

void request_spans::begin(std::string_view span_id, std::string_view parent_id, bool remote_parent) {
    to_.put(is_first_ ? "{\"traceId\":\"" : ",{\"traceId\":\"");
    is_first_ = false;
    ++number_;
    to_.put(line_.ids.trace.substr(0, 32));
    to_.put("\",\"spanId\":\"");
    to_.put(span_id.substr(0, 16));
    if (!parent_id.empty()) {
        to_.put("\",\"parentSpanId\":\"");
        to_.put(parent_id.substr(0, 16));
    }
    to_.put("\",\"flags\":");
    to_.plain_number(flags_of(of_.flags, remote_parent));
}

// A method that the conventions do not know is a text of the client: it would make a name of its own.
void request_spans::name_by_method() {
    to_.put(",\"name\":\"");
    to_.put(telemetry::method_of(line_.method) == telemetry::method::other ? "HTTP" : line_.method);
}

void request_spans::put_rest(span_kind what, const interval& when) {
    to_.put(",\"kind\":");
    to_.plain_number(static_cast<std::uint64_t>(what));
    const auto begins = began_ + static_cast<std::uint64_t>(std::max(when.begins.count(), std::int64_t{0}));
    to_.put(",\"startTimeUnixNano\":");
    to_.quoted_number(begins);
    to_.put(",\"endTimeUnixNano\":");
    to_.quoted_number(begins + static_cast<std::uint64_t>(std::max(when.lasts.count(), std::int64_t{0})));
    to_.begin_attributes();
}

// Status: unset, or STATUS_CODE_ERROR.
void request_spans::end(bool is_error) {
    to_.end_attributes();
    to_.put(is_error ? ",\"status\":{\"code\":2}}" : "}");
}

void request_spans::put_method() {
    if (telemetry::method_of(line_.method) != telemetry::method::other) {
        to_.word("http.request.method", line_.method);
    } else {
        to_.word("http.request.method", "_OTHER");
        to_.text("http.request.method_original", line_.method, span_limit::method);
    }
}

void request_spans::put_server_address() {
    if (!line_.socket.empty()) {
        to_.text("server.address", line_.socket, span_limit::socket);
        return to_.word("network.transport", "unix");
    }
    // server.address is without the port that a client has put after it, and an address without brackets.
    const auto host = of_.host.empty() ? line_.host : of_.host;
    const auto colon = host.rfind(':');
    const bool has_port = colon != std::string_view::npos && colon + 1 < host.size() &&
                          host.find(']', colon) == std::string_view::npos;
    auto name = has_port ? host.substr(0, colon) : host;
    if (name.starts_with('[') && name.ends_with(']')) name = name.substr(1, name.size() - 2);
    to_.text("server.address", name, span_limit::host);
    if (!has_port) return;
    unsigned port = 0;
    const auto digits = host.substr(colon + 1);
    const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), port);
    if (read.ec == std::errc{} && read.ptr == digits.data() + digits.size()) to_.number("server.port", port);
}

void request_spans::put_gate_decision() {
    if (const auto verdict = core::verdict_of(line_.decision)) {
        to_.word("gate.verdict", to_string(*verdict));
        to_.word("gate.reason", core::to_string(line_.decision));
    }
    to_.word("gate.route", line_.route.substr(0, span_limit::word));
    if (line_.in_shadow) to_.boolean("gate.shadow", true);
    to_.word("gate.mode", line_.mode.substr(0, span_limit::word));
    to_.word("gate.cache", line_.cache.substr(0, span_limit::word));
    if (!of_.names_caller) return;
    to_.text("gate.account_id", line_.account_id, span_limit::id);
    to_.word("gate.token_fingerprint", line_.token_fingerprint.substr(0, span_limit::word));
}

// A span of a server is an error where the server has failed: by its status, or by why the rest of a response
// that had begun never came.
bool request_spans::is_server_error() const {
    if (line_.status >= 500 && line_.status <= 599) return true;
    return line_.failure != core::reason::none && core::failure_of(line_.failure).status >= 500;
}

void request_spans::put_error_type(unsigned status, core::reason why) {
    if (why != core::reason::none) return to_.word("error.type", core::to_string(why));
    const auto digits = digits_of(status);
    to_.word("error.type", {digits.data(), digits.size()});
}

void request_spans::write_server() {
    begin(line_.ids.span, line_.ids.parent_span, !line_.ids.parent_span.empty());
    name_by_method();
    if (!line_.route.empty()) {
        to_.put(" ");
        to_.put(line_.route.substr(0, span_limit::word));
    }
    to_.put("\"");
    put_rest(span_kind::server, {std::chrono::nanoseconds{0}, line_.took.whole});
    put_method();
    to_.text("url.path", line_.path, span_limit::path);
    to_.word("url.scheme", !of_.scheme.empty() ? of_.scheme : line_.tls != nullptr ? "https" : "http");
    if (line_.status != 0 && line_.status != core::unheard_status)
        to_.number("http.response.status_code", line_.status);
    put_server_address();
    to_.word("client.address", line_.client_address.substr(0, span_limit::address));
    to_.text("user_agent.original", line_.user_agent, span_limit::user_agent);
    to_.word("network.protocol.version", line_.protocol_minor == 0 ? "1.0" : "1.1");
    if (line_.mode.empty()) {  // else the bodies go past us
        to_.number("http.request.body.size", line_.request_body);
        to_.number("http.response.body.size", line_.response_body);
    }
    to_.text("request_id", line_.ids.request, span_limit::id);
    put_gate_decision();
    const bool is_error = is_server_error();
    const auto verdict = core::verdict_of(line_.decision);
    const bool is_refusal = verdict && *verdict != core::verdict::allow && !line_.in_shadow;
    if (is_error)
        put_error_type(line_.status,
                       line_.failure != core::reason::none || !is_refusal ? line_.failure : line_.decision);
    end(is_error);
}

}  // namespace gate::exporting
