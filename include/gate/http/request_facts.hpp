#pragma once
// What a request asks for, read once from its head: every door, and `explain`, calls this and nothing else.
// Pure; the views point into the text that was read.

#include <gate/http/framing.hpp>
#include <gate/http/head.hpp>
#include <gate/http/head_parser.hpp>
#include <gate/http/requested_features.hpp>
#include <gate/http/target.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace gate::http {

// How heads are read, as the configuration says. Thread-safe after construction.
struct reading_rules {
    head_limits limits;
    identity_names identity;
    std::vector<std::string> passed_rerouting;  // forwarded.pass
    // The request is answered, and goes nowhere: it cannot change the protocol, and need not be asked for its
    // body. Upgrade and Expect are no errors then, whatever they say.
    bool is_answered_here = false;
};

// Everything about a request that its head tells. Kept between requests for its memory.
struct request_facts {
    request_head head;
    connection_options connection;
    request_target target;
    std::string_view host;  // the effective one: read_host
    body_framing framing;
    requested_features features;
    int max_forwards = -1;          // of OPTIONS (RFC 9110 7.6.2); negative: it says nothing
    std::string_view request_id;    // the client's X-Request-Id, if it is usable; else empty
    std::string_view parent_trace;  // the client's traceparent, if it is valid; else empty

    // Nothing refers to the text of the request before; the memory stays.
    void clear() noexcept;
};

// `text`: a complete head, as head_finder finds it. Precondition: `out` is cleared. After an error `out`
// holds what was read before it, for the log. Errors: those of parse_request_head, read_target, read_host,
// request_framing and read_requested_features; bad_field for a Connection option that is no token.
core::result<void> read_request(std::string_view text, const reading_rules& rules, request_facts& out);

// Whether it asks, for a script in a browser, if a request may be made (Fetch, 3.2.2): OPTIONS with Origin
// and Access-Control-Request-Method, and without a body, Upgrade or Authorization.
bool is_cors_preflight(const request_facts& asked) noexcept;

}  // namespace gate::http
