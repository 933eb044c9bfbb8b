#include <gate/telemetry/access_log.hpp>
#include <gate/telemetry/labels.hpp>
#include <gate/telemetry/line_writer.hpp>
#include <gate/telemetry/text_limits.hpp>

#include <algorithm>
#include <array>

namespace gate::telemetry {
namespace {

namespace limit {
using namespace shown_at_most;
constexpr std::size_t word = 16;
constexpr std::size_t route = 64;
constexpr std::size_t trace_id = 32;
constexpr std::size_t span_id = 16;
constexpr std::size_t cipher = 64;
constexpr std::size_t certificate = 512;  // of its subject, and of its names
}  // namespace limit

// Keys, numbers, reasons, gate.route and gate.cache need less than this.
constexpr std::size_t fixed_bound = 1536;

std::size_t bound_of(const access_record& r) {
    const auto shown = [](std::string_view text, std::size_t most) { return std::min(text.size(), most); };
    const auto ids = {r.ids.trace, r.ids.span,   r.ids.parent_span,   r.ids.request,
                      r.ids.error, r.account_id, r.token_fingerprint, r.ids.gate_request};
    auto bytes = shown(r.method, limit::method) + shown(r.path, limit::path) + shown(r.host, limit::host) +
                 shown(r.socket, limit::socket) + shown(r.client_address, limit::address) +
                 shown(r.user_agent, limit::user_agent);
    for (const auto& id : ids) bytes += shown(id, limit::id);
    if (r.tls != nullptr) bytes += limit::cipher + 2 * limit::certificate;
    return fixed_bound + escaped_bound(bytes);
}

constexpr auto worst_bound =
    fixed_bound + escaped_bound(limit::method + limit::path + limit::host + limit::socket + limit::address +
                                limit::user_agent + 8 * limit::id + limit::cipher + 2 * limit::certificate);
static_assert(worst_bound <= log_chunk::capacity);

// error.type: why the request failed, in the words that the error body uses. A decision against the token is
// a failure too, and so is a 5xx that the upstream answered, which has no other name than its status.
template <class Line>
void put_error_type(Line& line, const access_record& r) {
    const auto verdict = core::verdict_of(r.decision);
    if (r.failure != core::reason::none) {
        line.word("error.type", core::to_string(r.failure));
    } else if (verdict && verdict != core::verdict::allow && !r.in_shadow) {
        line.word("error.type", core::to_string(r.decision));
    } else if (r.status >= 500 && r.status <= 599) {
        const std::array<char, 3> digits{'5', static_cast<char>('0' + r.status / 10 % 10),
                                         static_cast<char>('0' + r.status % 10)};
        line.word("error.type", {digits.data(), digits.size()});
    }
}

template <class Line>
void put_http(Line& line, const access_record& r) {
    if (method_of(r.method) != method::other) {
        line.word("http.request.method", r.method);
    } else {
        line.text("http.request.method", r.method, limit::method);
    }
    line.text("url.path", r.path, limit::path);
    if (r.status != 0) line.number("http.response.status_code", r.status);
    line.word("client.address", r.client_address.substr(0, limit::address));
    if (r.client_user >= 0) line.number("client.process.uid", static_cast<std::uint64_t>(r.client_user));
    line.text("user_agent.original", r.user_agent, limit::user_agent);
    line.word("network.protocol.version", r.protocol_minor == 0 ? "1.0" : "1.1");
    if (r.socket.empty()) {
        line.text("server.address", r.host, limit::host);
    } else {
        line.text("server.address", r.socket, limit::socket);
        line.text("http.request.header.host", r.host, limit::host);
    }
    line.word("trace_id", r.ids.trace.substr(0, limit::trace_id));
    line.word("span_id", r.ids.span.substr(0, limit::span_id));
    line.word("parent_span_id", r.ids.parent_span.substr(0, limit::span_id));
    if (r.ids.has_own_request) {
        line.word("request_id", r.ids.request.substr(0, limit::id));
    } else {
        line.text("request_id", r.ids.request, limit::id);
    }
    line.text("error.request_id", r.ids.error, limit::id);
}

template <class Line>
void put_tls(Line& line, const tls_record& r) {
    line.word("tls.protocol.version", r.version.substr(0, limit::word));
    line.word("tls.cipher", r.cipher.substr(0, limit::cipher));
    line.text("tls.client.subject", r.client_subject, limit::certificate);
    line.text("tls.client.san", r.client_names, limit::certificate);
}

template <class Line>
void put_gate(Line& line, const access_record& r) {
    if (const auto verdict = core::verdict_of(r.decision)) {
        line.word("gate.verdict", to_string(*verdict));
        line.word("gate.reason", core::to_string(r.decision));
    } else if (r.in_shadow && r.decision != core::reason::none) {  // a target that is not acceptable
        line.word("gate.verdict", to_string(core::verdict::deny));
        line.word("gate.reason", core::to_string(r.decision));
    }
    line.word("gate.route", r.route.substr(0, limit::route));
    if (r.in_shadow) line.boolean("gate.shadow", true);
    line.word("gate.mode", r.mode.substr(0, limit::word));
    line.word("gate.cache", r.cache.substr(0, limit::word));
    line.milliseconds("gate.cache_age_ms", r.took.age);
    line.text("gate.account_id", r.account_id, limit::id);
    line.word("gate.token_fingerprint", r.token_fingerprint.substr(0, limit::id));
    line.text("gate.request_id", r.ids.gate_request, limit::id);
    if (r.budget_left >= 0) line.number("gate.budget_remaining", static_cast<std::uint64_t>(r.budget_left));
}

template <core::log_format Format>
char* format_line(char* out, timestamp_writer& clock, const access_record& r) {
    line_writer<Format> line(out);
    line.head_of_own(clock, r.time, core::log_level::info, "request");
    put_http(line, r);
    if (r.tls != nullptr) put_tls(line, *r.tls);
    put_gate(line, r);
    put_error_type(line, r);
    line.milliseconds("duration_ms", r.took.whole);
    line.milliseconds("upstream_ms", r.took.upstream);
    line.milliseconds("gate_ms", r.took.gate);
    line.number("http.request.body.size", r.request_body);
    line.number("http.response.body.size", r.response_body);
    return line.end();
}

}  // namespace

void access_log::append(const access_record& record, bool in_any_case) {
    if (!in_any_case && !events_.enabled(core::log_level::info)) return;
    if (!lines_) lines_ = std::make_unique<log_chunk>();
    if (lines_->room() < worst_bound && lines_->room() < bound_of(record)) flush();
    auto* const out = lines_->end();
    lines_->add_line(events_.format() == core::log_format::json
                         ? format_line<core::log_format::json>(out, clock_, record)
                         : format_line<core::log_format::text>(out, clock_, record));
}

void access_log::flush() {
    if (lines_) lines_ = output_.exchange(std::move(lines_));
}

}  // namespace gate::telemetry
