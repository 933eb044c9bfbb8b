#pragma once
// One listening socket of a worker, and what becomes of the connections that it accepts.

#include <gate/app/worker_sessions.hpp>
#include <gate/net/listener.hpp>
#include <gate/protocol/peer.hpp>

namespace gate::app {

// Not thread-safe: belongs to its worker.
class worker_listener {
public:
    // `number`: as metrics count it. Everything else outlives this object.
    worker_listener(core::executor executor, net::deadline_wheel& wheel, net::listening_socket opened,
                    telemetry::listener_index number, protocol::door& leads_to, worker_sessions& sessions);

    void start();
    void close() { socket_.close(); }

private:
    const protocol::entrance entrance_;
    protocol::door& door_;
    worker_sessions& sessions_;
    net::listener socket_;
};

}  // namespace gate::app
