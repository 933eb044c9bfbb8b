#pragma once
// Kinds of bodies that are treated in a way of their own.

#include <gate/http/head.hpp>

namespace gate::http {

// text/event-stream (WHATWG HTML, 9.2).
bool is_event_stream(const response_head& head) noexcept;

// application/grpc, application/grpc+proto, application/grpc-web, ...
bool is_grpc(const response_head& head) noexcept;

}  // namespace gate::http
