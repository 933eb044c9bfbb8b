// Any request: what goes upstream is a request that we would accept ourselves, says the same, and carries
// nothing that was the client's to say for this connection or about itself. The first byte makes the proxy's
// decisions.

#include "forwarded.hpp"

#include <cstddef>

using namespace gate;
using http::field_id;

namespace {

void check_fields(const http::request_head& again, const fuzz::forwarded& was, unsigned choice) {
    const auto chosen = [choice](unsigned bit) -> std::size_t { return (choice >> bit) & 1U; };
    fuzz::check(again.count(field_id::host) == 1 && again.find(field_id::host)->value == was.host,
                "one Host, ours");
    fuzz::check(again.count(field_id::identity) == 1 + chosen(0), "exactly one identity");
    fuzz::check(again.count(field_id::connection) == ((chosen(4) | chosen(5)) != 0 ? 1 : 0),
                "Connection is ours");
    fuzz::check(again.count(field_id::upgrade) == chosen(4), "an upgrade only if we ask for it");
    fuzz::check(again.count(field_id::te) == chosen(5), "trailers only if we accept them");
    fuzz::check(again.count(field_id::x_forwarded_for) == 1, "one X-Forwarded-For");
    fuzz::check(again.count(field_id::x_request_id) == 1, "one X-Request-Id");
    fuzz::check(again.count(field_id::traceparent) == 1, "one traceparent");
    fuzz::check(!chosen(3) || !again.has(field_id::authorization), "a verified token is taken off");
    fuzz::check(
        chosen(3) != 0 || again.count(field_id::authorization) == was.head.count(field_id::authorization),
        "another authorization stays");
    for (const field_id gone :
         {field_id::keep_alive, field_id::proxy_connection, field_id::proxy_authorization, field_id::trailer,
          field_id::http2_settings, field_id::rerouting, field_id::client_ip, field_id::x_forwarded_other,
          field_id::forwarded, field_id::x_real_ip})
        fuzz::check(!again.has(gone), "hop-by-hop and forwarding fields are gone");
    fuzz::check(!was.parent_trace.empty() || !again.has(field_id::tracestate),
                "no state of a trace that is not continued");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const unsigned choice = data[0];
    static const http::identity_names identity("X-Account");
    static fuzz::forwarded was;
    if (!fuzz::forward({reinterpret_cast<const char*>(data) + 1, size - 1}, choice, identity, was)) return 0;

    http::request_head again;
    constexpr http::head_limits wide{1 << 20, 1000, 1 << 20};
    fuzz::check(http::parse_request_head(was.text, wide, identity, again).has_value(), "our own head parses");
    fuzz::check(again.method_name == was.head.method_name && again.minor == 1, "the method goes on");
    fuzz::check(again.target == (was.target.slash ? "/" : "") + std::string(was.target.forwarded),
                "the target too");
    const auto framing = http::request_framing(again);
    fuzz::check(framing && *framing == was.framing, "the framing goes on");
    fuzz::check(was.stripped == was.head.count(field_id::identity), "what was stripped is counted");
    check_fields(again, was, choice);
    return 0;
}
