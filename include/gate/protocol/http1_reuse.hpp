#pragma once
// Whether a connection to the upstream can carry another request after a response (rule 21). Pure.

#include <gate/protocol/outbound.hpp>

namespace gate::protocol {

// The credentials of a request may bind its connection to the user who sends them.
bool names_a_user(const http::request_head& head) noexcept;

// As far as the heads tell. `by_user`: the request names one, and its credentials have gone to the upstream.
bool may_follow(const response& what, bool by_user) noexcept;

}  // namespace gate::protocol
