#pragma once
// Opens a connection to one of the addresses of a service.

#include <gate/core/reason.hpp>
#include <gate/core/task.hpp>
#include <gate/net/connect_attempts.hpp>
#include <gate/net/stream.hpp>

#include <memory>

namespace gate::net {

struct connected {
    std::unique_ptr<stream> bytes;
    core::stream_protocol::endpoint address;  // of the peer
};

// The first of the addresses that accepts, tried as connect_attempts says; `first` is tried before all others
// if it is among them, and may be null. Errors: upstream_unreachable (no address, or no route),
// upstream_refused, upstream_connect_timeout once `until` has passed, upstream_busy where this process can
// have no further socket.
core::task<core::result<connected>> connect(core::executor executor, deadline_wheel& wheel,
                                            std::shared_ptr<const address_list> addresses,
                                            const core::stream_protocol::endpoint* first,
                                            core::time_point until);

}  // namespace gate::net
