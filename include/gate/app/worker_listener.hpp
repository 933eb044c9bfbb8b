#pragma once
// One listening socket of a worker, and what becomes of the connections that it accepts.

#include <gate/app/worker_sessions.hpp>
#include <gate/app/worker_settings.hpp>
#include <gate/net/listener.hpp>
#include <gate/telemetry/event_log.hpp>

#include <cstddef>
#include <memory>
#include <string>

namespace gate::app {

// Which listener it is: one of all_listeners(), or the answering one after them.
struct listener_place {
    std::size_t index;
    bool is_answer;
    std::string name;
};

// Not thread-safe: belongs to its worker.
class worker_listener {
public:
    // All outlive this object.
    struct surroundings {
        core::executor executor;
        net::deadline_wheel& wheel;
        worker_sessions& sessions;
        telemetry::worker_metrics& metrics;
        const telemetry::event_log& events;
    };

    // `leads_to` outlives this object.
    worker_listener(const surroundings& with, net::listening_socket opened, listener_place which,
                    protocol::door& leads_to);

    void start();
    void close() { socket_.close(); }

    // What is accepted from now on comes in by this configuration.
    void configure(const worker_settings& settings);

private:
    void use(std::shared_ptr<const net::server_tls_material> material);

    const listener_place which_;
    worker_sessions& sessions_;
    const telemetry::event_log& events_;
    proxy_header_notes headers_;
    handshake_notes handshakes_;
    way_in way_;
    std::shared_ptr<const net::server_tls_material> material_;  // of way_.tls
    net::listener socket_;
};

}  // namespace gate::app
