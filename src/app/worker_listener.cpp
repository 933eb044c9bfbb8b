#include <gate/app/worker_listener.hpp>

#include <utility>

namespace gate::app {

worker_listener::worker_listener(core::executor executor, net::deadline_wheel& wheel,
                                 net::listening_socket opened, telemetry::listener_index number,
                                 protocol::door& leads_to, worker_sessions& sessions)
    : entrance_{number, opened.local().socket},
      door_(leads_to),
      sessions_(sessions),
      socket_(executor, wheel, std::move(opened)) {}

void worker_listener::start() {
    socket_.start([this](core::stream_socket socket, const net::remote& from) {
        sessions_.take(door_, std::move(socket), protocol::make_peer(from, entrance_));
    });
}

}  // namespace gate::app
