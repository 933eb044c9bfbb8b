// The calls that a request has brought about.
#include "request_spans.hpp"

namespace gate::exporting {

bool request_spans::is_upstream_error() const {
    if (of_.upstream_status >= 400) return true;
    return line_.failure != core::reason::none && core::row_of(line_.failure).from == core::origin::upstream;
}

// Without the query: a full URL that has none.
void request_spans::put_peer() {
    const auto& peer = of_.upstream;
    if (!peer.socket.empty()) {
        to_.text("server.address", peer.socket, span_limit::socket);
        to_.word("network.transport", "unix");
        return to_.text("url.path", line_.path, span_limit::path);
    }
    to_.text("server.address", peer.host, span_limit::host);
    to_.number("server.port", peer.port);
    to_.put(",{\"key\":\"url.full\",\"value\":{\"stringValue\":\"");
    to_.put(peer.tls ? "https://" : "http://");
    const bool is_ipv6 = peer.host.find(':') != std::string_view::npos;
    if (is_ipv6) to_.put("[");
    to_.shown(peer.host, span_limit::host);
    to_.put(is_ipv6 ? "]:" : ":");
    to_.plain_number(peer.port);
    if (line_.path.starts_with('/')) to_.shown(line_.path, span_limit::path);  // not `*`
    to_.put("\"}}");
}

void request_spans::write_upstream() {
    begin(of_.upstream_span_id, line_.ids.span, false);
    name_by_method();
    to_.put("\"");
    put_rest(span_kind::client, {of_.upstream_began, line_.took.upstream});
    put_method();
    put_peer();
    to_.word("network.protocol.version", "1.1");
    if (of_.upstream_status != 0) to_.number("http.response.status_code", of_.upstream_status);
    if (of_.was_sent_again) to_.number("http.request.resend_count", 1);
    const bool is_error = is_upstream_error();
    const bool has_failed = is_error && line_.failure != core::reason::none &&
                            core::row_of(line_.failure).from == core::origin::upstream;
    if (is_error) put_error_type(of_.upstream_status, has_failed ? line_.failure : core::reason::none);
    end(is_error);
}

void request_spans::write_gate(std::string_view attributes) {
    const auto call = core::row_of(line_.decision).call;
    const bool is_own = line_.cache == "miss" || line_.cache == "expired";
    const bool is_call = is_own && call != core::gate_call::none && call != core::gate_call::not_made;
    begin(of_.gate_span_id, line_.ids.span, false);
    to_.put(is_call ? ",\"name\":\"POST\"" : ",\"name\":\"wait for verification\"");
    put_rest(is_call ? span_kind::client : span_kind::internal, {of_.gate_began, line_.took.gate});
    to_.word("gate.reason", core::to_string(line_.decision));
    to_.word("gate.cache", line_.cache.substr(0, span_limit::word));
    if (is_call) to_.ready_made(attributes);
    if (is_call && of_.gate_status != 0)
        to_.number("http.response.status_code", static_cast<std::uint64_t>(of_.gate_status));
    if (of_.names_caller) to_.text("gate.request_id", line_.ids.gate_request, span_limit::id);
    const auto verdict = core::verdict_of(line_.decision);
    const bool is_error = verdict && *verdict == core::verdict::unavailable;
    if (is_error) put_error_type(0, line_.decision);
    end(is_error);
}

}  // namespace gate::exporting
