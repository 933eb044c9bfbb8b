#pragma once
// What we would send upstream for a request: the whole pure path of an exchange.

#include "head_input.hpp"

#include <gate/http/rewrite.hpp>

#include <cstdint>

namespace gate::fuzz {

inline constexpr std::string_view identity_line = "X-Account: gacct_1\r\n";
inline constexpr std::string_view verification_line = "X-Gate-Verification: fresh\r\n";

struct forwarded {
    http::request_head head;
    http::connection_options options;
    http::request_target target;
    std::string_view host;
    http::body_framing framing;
    std::size_t stripped = 0;
    std::string text;
};

// False when the request is refused. The bits of `choice` are the decisions that are not in the head.
inline bool forward(std::string_view input, unsigned choice, const http::identity_names& identity,
                    forwarded& out) {
    const auto text = find_head<http::request_head>(input);
    if (!text || !http::parse_request_head(*text, limits, identity, out.head)) return false;
    const auto target = http::read_target(out.head);
    if (!target) return false;
    const auto host = http::read_host(out.head, *target);
    const auto framing = http::request_framing(out.head);
    http::read_connection_options(out.head, out.options);
    if (!host || !framing || out.options.malformed) return false;
    out.target = *target;
    out.host = *host;
    out.framing = *framing;
    const auto chosen = [choice](unsigned bit) { return ((choice >> bit) & 1U) != 0; };
    out.text.clear();
    out.stripped = http::append_upstream_head(out.head,
                                              {.target = out.target,
                                               .connection = out.options,
                                               .framing = out.framing,
                                               .host = out.host,
                                               .identity_line = identity_line,
                                               .verification_line = chosen(0) ? verification_line : "",
                                               .client_address = "192.0.2.1",
                                               .forwarded_for = chosen(1) ? "10.0.0.1" : "",
                                               .forwarded_proto = "http",
                                               .forwarded_host = chosen(2) ? "public.test" : "",
                                               .request_id = "req_1",
                                               .traceparent = "00-1-2-3",
                                               .drop_authorization = chosen(3),
                                               .upgrade_websocket = chosen(4),
                                               .accept_trailers = chosen(5),
                                               .expect_continue = chosen(6)},
                                              out.text);
    return true;
}

}  // namespace gate::fuzz
