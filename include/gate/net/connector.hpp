#pragma once
// Opens a connection to one of the addresses of a service.

#include <gate/core/reason.hpp>
#include <gate/core/task.hpp>
#include <gate/net/stream.hpp>

#include <memory>
#include <vector>

namespace gate::net {

// Of TCP, or of Unix sockets.
using address_list = std::vector<core::stream_protocol::endpoint>;

// Tries the addresses in order until one accepts. Errors: upstream_unreachable (no address, or no route),
// upstream_refused, upstream_connect_timeout once `until` has passed, upstream_busy where this process can
// have no further socket.
core::task<core::result<std::unique_ptr<stream>>> connect(core::executor executor, deadline_wheel& wheel,
                                                          std::shared_ptr<const address_list> addresses,
                                                          core::time_point until);

}  // namespace gate::net
