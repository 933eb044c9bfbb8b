#pragma once
// Which of two forms of a response a client prefers (RFC 9110 12.5.1).

#include <gate/http/head.hpp>

#include <string_view>

namespace gate::http {

// Whether the Accept fields prefer application/problem+json (RFC 9457) to application/json: by a higher
// quality, or, where both have the same, by naming the former more specifically. Parameters other than the
// quality are ignored. False if a field is malformed.
bool prefers_problem(const request_head& head) noexcept;

// Whether Accept, its fields joined by commas, prefers OpenMetrics 1.0.0 to Prometheus' text 0.0.4: by the
// same rules, but a range that names another version means neither.
bool prefers_openmetrics(std::string_view accept) noexcept;

}  // namespace gate::http
