#pragma once
// The end of a connection whose client may still be sending (RFC 9112 9.6).

#include <gate/core/clock.hpp>
#include <gate/core/task.hpp>
#include <gate/net/buffer_pool.hpp>
#include <gate/net/stream.hpp>

namespace gate::proxy {

// A client may send nothing for so long.
inline constexpr core::duration linger_patience{2000};

// Ends our side, and reads and throws away until the client has gone, has been silent for linger_patience, or
// `until` has passed: closing with its bytes unread would be a reset, which can overtake our last answer.
// `until` may be moved meanwhile; where it has passed already, what has come is read once. All outlive the
// task.
core::task<> linger(net::stream& downstream, net::buffer_pool& blocks, const core::time_point& until);

}  // namespace gate::proxy
