#pragma once
// Which form of an error body a client prefers (RFC 9110 12.5.1).

#include <gate/http/head.hpp>

namespace gate::http {

// Whether the Accept fields prefer application/problem+json (RFC 9457) to application/json: by a higher
// quality, or, where both have the same, by naming the former more specifically. Parameters other than the
// quality are ignored. False if a field is malformed.
bool prefers_problem(const request_head& head) noexcept;

}  // namespace gate::http
