#include "passed_fields.hpp"

#include <gate/http/rewrite.hpp>

namespace gate::http {
namespace {

constexpr std::uint32_t replaced_fields =
    hop_by_hop_fields | set_of(field_id::content_length, field_id::x_request_id);

// The upstream may have any of its fields removed.
constexpr std::uint32_t removable_fields = ~std::uint32_t{0};

// More than the status line and the lines that append_downstream_head adds.
constexpr std::size_t added_names = 256;

// A length that is information only: the response to HEAD, or 304 (RFC 9110 8.6).
bool keeps_content_length(const response_head& head, const body_framing& framing) noexcept {
    return framing.kind == body_kind::none && head.status >= 200 && head.status != 204;
}

std::string_view connection_lines(const downstream_rewrite& how) noexcept {
    if (how.switching) return "Connection: upgrade\r\nUpgrade: websocket\r\n";
    if (how.close) return "Connection: close\r\n";
    return how.keep_alive_10 ? "Connection: keep-alive\r\n" : "";
}

}  // namespace

void append_downstream_head(const response_head& head, const downstream_rewrite& how, std::string& out) {
    bounded_writer lines(out, head.size + how.request_id.size() + how.date.size() + added_names);
    lines.put("HTTP/1.1 ");
    lines.put_number(static_cast<std::uint64_t>(head.status));
    lines.put_line(" ", head.phrase);
    put_fields(head.fields, replaced_fields, removable_fields, how.connection.others, lines);
    if (how.add_via) put_via(head.minor, lines);
    if (keeps_content_length(head, how.framing)) {
        if (const field* length = head.find(field_id::content_length)) lines.put(length->line);
    } else {
        put_framing(how.framing, lines);
    }
    if (!how.request_id.empty()) lines.put_line("X-Request-Id: ", how.request_id);
    const bool has_date = head.has(field_id::date) && !is_named(how.connection.others, "date");
    if (!how.date.empty() && !has_date) lines.put_line("Date: ", how.date);
    lines.put(connection_lines(how));
    lines.put("\r\n");
    lines.finish();
}

}  // namespace gate::http
