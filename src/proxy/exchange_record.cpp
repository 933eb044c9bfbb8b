#include <gate/auth/access_line.hpp>
#include <gate/http/forwarded_origin.hpp>
#include <gate/http/named_request.hpp>
#include <gate/http/traceparent.hpp>
#include <gate/proxy/exchange_record.hpp>
#include <gate/proxy/session_resources.hpp>

#include <array>

namespace gate::proxy {
namespace {

using core::reason;
using http::field_id;

// How long a line may wait for others to be written with.
constexpr core::duration log_interval{100};

// The time of day at `when`, which has just been. The clock of the day is read only now and then: each
// reading costs, and between two of them both clocks run alike.
core::wall_clock::time_point time_of_day(core::time_point when) noexcept {
    struct reading {
        core::time_point at{};
        core::wall_clock::time_point time_of_day{};
    };
    constexpr core::duration lasts{50};
    constinit thread_local reading last{};
    if (when < last.at || when - last.at > lasts) last = {when, core::wall_clock::now()};
    return last.time_of_day + std::chrono::duration_cast<core::wall_clock::duration>(when - last.at);
}

// A route may keep what succeeds out of the log.
bool is_logged(const exchange_record& record, const auth::access& access) noexcept {
    const auto* route = access.chosen();
    const bool has_failed = record.status == 0 || record.status >= 400 || record.failure != reason::none;
    return route == nullptr || route->log || has_failed;
}

// An operator watches its caller (PUT /log-level).
bool is_watched(const telemetry::log_focus& focus, const auth::access& access) {
    if (!focus.is_set() || !access.has_token()) return false;
    const auto digits = auth::fingerprint_of(access.key());
    return focus.covers(access.account_id(), {digits.data(), digits.size()});
}

void put_socket(const protocol::peer& from, telemetry::access_record& line) noexcept {
    line.socket = from.by->socket;
    if (from.socket.is_unix) line.client_user = from.socket.uid;
}

void put_line(session_resources& resources, const exchange_record& record, const http::request_facts& asked,
              const auth::access& access, auth::fingerprint_text& fingerprint,
              telemetry::access_record& line) {
    line.time = time_of_day(record.ended);
    line.method = asked.head.method_name;
    line.path = asked.target.path;
    line.host = asked.host;
    line.client_address = record.client_address;
    put_socket(*record.from, line);
    if (const auto* agent = asked.head.find(field_id::user_agent)) line.user_agent = agent->value;
    line.tls = record.from->shown_tls();
    const auto id = record.request_id.empty() ? record.own_id.view() : record.request_id;
    auth::put_ids({record.trace, record.own_id, id, record.status}, asked, line);
    auth::put_decision(access, resources.authenticator, fingerprint, line);
    if (access.is_made()) line.decision = access.told_reason();
    line.failure = record.failure;
    line.status = record.status != 0 ? static_cast<unsigned>(record.status) : core::unheard_status;
    line.protocol_minor = asked.head.minor;
    line.request_body = record.request_body_bytes;
    line.response_body = record.response_body_bytes;
    line.took.whole = record.ended - record.started;
    if (record.used_upstream()) line.took.upstream = record.upstream_ended - record.upstream_started;
}

void append_line(session_resources& resources, core::time_point ended, const telemetry::access_record& line,
                 bool in_any_case) {
    resources.log->append(line, in_any_case);
    if (resources.log_due.when() == core::never) resources.log_due.set(ended + log_interval);
}

// `line` is of a request that is traced.
void export_spans(session_resources& resources, const exchange_record& record, const http::request_head& head,
                  const auth::access& access, const telemetry::access_record& line, bool is_shown) {
    telemetry::span_record out{.line = line, .flags = http::trace_flags_of(record.trace.view())};
    out.names_caller = is_shown;
    if (record.from->is_trusted_proxy) {  // as client.address: of the client's request, not of the last hop
        out.scheme = http::forwarded_scheme(head, out.scheme);
        const auto host = http::forwarded_host(head);
        if (!host.empty() && http::is_usable_host(host)) out.host = host;
    }
    if (record.used_upstream() && record.upstream_url != nullptr) {
        const auto& url = *record.upstream_url;
        out.upstream_began = record.upstream_started - record.started;
        out.upstream_span_id = http::span_id_of(record.upstream_trace.view());
        out.upstream = {url.tls, url.host, url.port, url.socket};
        out.upstream_status = static_cast<unsigned>(record.upstream_status);
        out.was_sent_again = record.was_sent_again;
    }
    http::traceparent of_gate{};
    if (access.gate_time()) {
        of_gate = resources.ids.continued(record.trace.view());
        out.gate_began = access.gate_asked() - record.started;
        out.gate_span_id = http::span_id_of(of_gate.view());
        out.gate_status = access.made().gate_status;
    }
    resources.spans->add(out);
}

// Whether it may be of interest to telemetry::refusal_ring, which knows it for certain.
bool is_plainly_allowed(const exchange_record& record, const auth::access& access) noexcept {
    return record.failure == reason::none && access.is_allowed() && access.refusal_on_trial() == reason::none;
}

void note_refusal(telemetry::refusal_ring& into, const telemetry::access_record& line) noexcept {
    try {
        into.note(line);
    } catch (const std::bad_alloc&) {  // the log and the metrics have it
    }
}

// Into the log, among the last refusals, and as spans.
void write_down(session_resources& resources, const exchange_record& record, const http::request_facts& asked,
                const auth::access& access) {
    const bool in_any_case = resources.log != nullptr && is_watched(resources.log->focus(), access);
    const bool is_wanted = resources.log != nullptr && resources.logs_requests && is_logged(record, access);
    const bool is_refusal = resources.refusals != nullptr && !is_plainly_allowed(record, access);
    if (!in_any_case && !is_wanted && !is_refusal && !record.is_traced) return;
    telemetry::access_record line;
    auth::fingerprint_text fingerprint;
    put_line(resources, record, asked, access, fingerprint, line);
    if (in_any_case || is_wanted) append_line(resources, record.ended, line, in_any_case);
    if (record.is_traced)
        export_spans(resources, record, asked.head, access, line,
                     in_any_case || (is_wanted && resources.log->shows_requests()));
    if (is_refusal) note_refusal(*resources.refusals, line);
}

telemetry::sampled_trace kept_trace(const exchange_record& record) noexcept {
    if (!record.has_trace() || !http::is_sampled(record.trace.view())) return {};
    return {http::trace_id_of(record.trace.view()), record.ended};
}

}  // namespace

void account(session_resources& resources, const exchange_record& record, const http::request_facts& asked,
             const auth::access& access) {
    auto& metrics = resources.metrics;
    if (record.failure != reason::none) metrics.count_failure(record.failure);
    metrics.count_request(telemetry::method_of(asked.head.method_name), static_cast<unsigned>(record.status),
                          record.ended - record.started, record.labels, kept_trace(record));
    if (const auto added = record.overhead()) metrics.count_overhead(*added);
    if (record.used_upstream())
        metrics.count_upstream_request(record.upstream, record.upstream_ended - record.upstream_started);
    metrics.received_bytes.add(asked.head.size + record.request_body_bytes);
    metrics.sent_bytes.add(record.response_head_bytes + record.response_body_bytes);
    if (resources.log != nullptr || record.is_traced) write_down(resources, record, asked, access);
    if (resources.trim_due.when() == core::never) resources.trim_due.set(record.ended + trim_interval);
}

}  // namespace gate::proxy
