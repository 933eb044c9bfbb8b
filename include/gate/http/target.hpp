#pragma once
// The request target (RFC 9112 3.2) and what the route policy may conclude from it.

#include <gate/core/reason.hpp>
#include <gate/http/head.hpp>

namespace gate::http {

enum class target_form : std::uint8_t { origin, absolute, asterisk };

struct request_target {
    target_form form = target_form::origin;
    std::string_view authority;  // of the absolute form; replaces Host
    std::string_view forwarded;  // what goes upstream: origin form or "*", the very bytes received
    std::string_view path;       // without the query
    bool slash = false;          // a '/' goes before `forwarded`: an absolute target with a query but no path
};

// Errors: bad_target, bad_host, method_refused (CONNECT, TRACE).
core::result<request_target> read_target(const request_head& head);

// The one valid Host of the request, from its field or its absolute target; "" for an HTTP/1.0 request
// without one. The Host field must be valid even where the target replaces it; an empty one is valid. Error:
// bad_host.
core::result<std::string_view> read_host(const request_head& head, const request_target& target);

}  // namespace gate::http
