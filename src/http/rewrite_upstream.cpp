#include "passed_fields.hpp"

#include <gate/http/rewrite.hpp>

namespace gate::http {
namespace {

// Made afresh, ours alone, or meant for us.
constexpr std::uint32_t replaced_fields =
    hop_by_hop_fields |
    set_of(field_id::host, field_id::content_length, field_id::identity, field_id::proxy_authorization,
           field_id::x_forwarded_for, field_id::x_forwarded_proto, field_id::x_forwarded_host,
           field_id::x_forwarded_other, field_id::forwarded, field_id::x_real_ip, field_id::x_request_id,
           field_id::traceparent, field_id::rerouting, field_id::client_ip);

// A client cannot have the known end-to-end fields removed by naming them in Connection (rule 3).
constexpr std::uint32_t removable_fields = set_of(field_id::other, field_id::tracestate);

// More than all names and line ends that append_upstream_head adds.
constexpr std::size_t added_names = 512;

std::size_t bound_of(const request_facts& asked, const upstream_rewrite& how) noexcept {
    return added_names + asked.head.size + asked.target.forwarded.size() + 2 * asked.host.size() +
           how.identity_line.size() + how.verification_line.size() + how.client_cert_line.size() +
           how.client_address.size() + how.forwarded_for.size() + how.forwarded_proto.size() +
           how.forwarded_host.size() + how.request_id.size() + how.traceparent.size();
}

void put_connection(const requested_features& asks, bounded_writer& out) noexcept {
    if (asks.websocket) {
        out.put(asks.trailers ? "Connection: upgrade, TE\r\nUpgrade: websocket\r\nTE: trailers\r\n"
                              : "Connection: upgrade\r\nUpgrade: websocket\r\n");
    } else if (asks.trailers) {
        out.put("Connection: TE\r\nTE: trailers\r\n");
    }
}

void put_forwarded(std::string_view host, const upstream_rewrite& how, bounded_writer& out) noexcept {
    if (how.client_address.empty()) {  // what others have said goes on as it is
        if (!how.forwarded_for.empty()) out.put_line("X-Forwarded-For: ", how.forwarded_for);
    } else {
        out.put("X-Forwarded-For: ");
        if (!how.forwarded_for.empty()) {
            out.put(how.forwarded_for);
            out.put(", ");
        }
        out.put_line({}, how.client_address);
    }
    out.put_line("X-Forwarded-Proto: ", how.forwarded_proto);
    out.put_line("X-Forwarded-Host: ", how.forwarded_host.empty() ? host : how.forwarded_host);
}

}  // namespace

std::size_t append_upstream_head(const request_facts& asked, const upstream_rewrite& how, std::string& out) {
    const auto& head = asked.head;
    std::uint32_t dropped = replaced_fields;
    if (!asked.features.expects_continue) dropped |= set_of(field_id::expect);
    if (how.keep_client_ip) dropped &= ~set_of(field_id::client_ip);
    if (how.drop_authorization) dropped |= set_of(field_id::authorization);
    if (asked.max_forwards > 0) dropped |= set_of(field_id::max_forwards);
    if (asked.parent_trace.empty()) dropped |= set_of(field_id::tracestate);

    bounded_writer lines(out, bound_of(asked, how));
    lines.put(head.method_name);
    lines.put(asked.target.slash ? " /" : " ");
    lines.put(asked.target.forwarded);
    lines.put_line(" HTTP/1.1\r\nHost: ", asked.host);
    put_fields(head.fields, dropped, removable_fields, asked.connection.others, lines);
    if (how.add_via) put_via(head.minor, lines);
    put_framing(asked.framing, lines);
    put_connection(asked.features, lines);
    put_forwarded(asked.host, how, lines);
    lines.put(how.client_cert_line);
    if (asked.max_forwards > 0) {
        lines.put("Max-Forwards: ");
        lines.put_number(static_cast<std::uint64_t>(asked.max_forwards - 1));
        lines.put("\r\n");
    }
    lines.put_line("X-Request-Id: ", how.request_id);
    if (!how.traceparent.empty()) lines.put_line("traceparent: ", how.traceparent);
    lines.put(how.identity_line);
    lines.put(how.verification_line);
    lines.put("\r\n");
    lines.finish();
    return head.count(field_id::identity);
}

}  // namespace gate::http
