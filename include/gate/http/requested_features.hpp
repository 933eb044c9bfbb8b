#pragma once
// The features of HTTP/1.1 that a request asks for in addition to its response.

#include <gate/http/framing.hpp>
#include <gate/http/head.hpp>

namespace gate::http {

// All false for HTTP/1.0.
struct requested_features {
    bool websocket = false;         // an upgrade: GET with Upgrade, and Connection that names it
    bool trailers = false;          // TE: trailers
    bool expects_continue = false;  // Expect: 100-continue, before its body
};

// Errors: bad_upgrade (to a WebSocket, with a body that would be the first bytes on it), bad_expectation (any
// but 100-continue; RFC 9110 10.1.1). An upgrade to another protocol than WebSocket is ignored.
core::result<requested_features> read_requested_features(const request_head& head,
                                                         const connection_options& connection,
                                                         body_framing framing);

}  // namespace gate::http
