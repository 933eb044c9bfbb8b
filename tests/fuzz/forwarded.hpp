#pragma once
// What we would send upstream for a request: the whole pure path of an exchange.

#include "head_input.hpp"

#include <gate/http/rewrite.hpp>

#include <cstdint>

namespace gate::fuzz {

inline constexpr std::string_view identity_line = "X-Account: gacct_1\r\n";
inline constexpr std::string_view verification_line = "X-Gate-Verification: fresh\r\n";

struct forwarded : http::request_facts {
    std::size_t stripped = 0;
    std::string text;
};

// False when the request is refused, or may go no further. The bits of `choice` are the decisions that are
// not in the head, and what it asks for besides its answer.
inline bool forward(std::string_view input, unsigned choice, const http::identity_names& identity,
                    forwarded& out) {
    const auto text = find_head<http::request_head>(input);
    out.clear();
    if (!text || !http::read_request(*text, {limits, identity, {}}, out)) return false;
    if (out.max_forwards == 0) return false;
    const auto chosen = [choice](unsigned bit) { return ((choice >> bit) & 1U) != 0; };
    out.features = {.websocket = chosen(4), .trailers = chosen(5), .expects_continue = chosen(6)};
    out.text.clear();
    out.stripped = http::append_upstream_head(out,
                                              {.identity_line = identity_line,
                                               .verification_line = chosen(0) ? verification_line : "",
                                               .client_address = "192.0.2.1",
                                               .forwarded_for = chosen(1) ? "10.0.0.1" : "",
                                               .forwarded_proto = "http",
                                               .forwarded_host = chosen(2) ? "public.test" : "",
                                               .request_id = "req_1",
                                               .traceparent = "00-1-2-3",
                                               .drop_authorization = chosen(3)},
                                              out.text);
    return true;
}

}  // namespace gate::fuzz
