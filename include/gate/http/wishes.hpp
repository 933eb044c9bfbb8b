#pragma once
// What a request asks for beside its answer.

#include <gate/http/framing.hpp>
#include <gate/http/head.hpp>

namespace gate::http {

// HTTP/1.0 knows none of it.
struct wishes {
    bool websocket = false;      // to become one: a GET with Upgrade, and Connection that says so
    bool trailers = false;       // TE: trailers
    bool leave_to_send = false;  // Expect: 100-continue, before its body
};

// Errors: bad_upgrade (to a WebSocket, with a body that would be the first bytes on it), bad_expectation (any
// but 100-continue; RFC 9110 10.1.1). Another protocol than WebSocket is not wished for here: the request is
// answered as if it had not asked.
core::result<wishes> read_wishes(const request_head& head, const connection_options& connection,
                                 body_framing framing);

}  // namespace gate::http
