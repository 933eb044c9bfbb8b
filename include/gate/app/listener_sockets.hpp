#pragma once
// Opens what the program listens on.

#include <gate/config/config.hpp>
#include <gate/core/result.hpp>
#include <gate/net/inherited_sockets.hpp>
#include <gate/net/listening_socket.hpp>
#include <gate/net/socket_file.hpp>
#include <gate/telemetry/event_log.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace gate::app {

// What one worker accepts from for one listener: a socket, or all that systemd has under one name.
using worker_sockets = std::vector<net::listening_socket>;

// Belongs to the control thread.
class listener_sockets {
public:
    // `events` outlives this object.
    listener_sockets(net::inherited_sockets inherited, const telemetry::event_log& events)
        : inherited_(std::move(inherited)), events_(events) {}

    // One entry for each worker. Logs what it listens on, or why it cannot; then it is empty.
    std::vector<worker_sockets> open(std::string_view listener, const config::listen_address& where,
                                     unsigned mode, unsigned workers);

    // The files of Unix sockets that are still ours.
    void remove_files() noexcept { files_.clear(); }

private:
    using opened = core::result<std::vector<worker_sockets>>;
    static opened open_port(config::listen_address where, unsigned workers);
    opened open_file(const std::string& path, unsigned mode, unsigned workers);
    opened find_inherited(const std::string& name, unsigned workers) const;

    const net::inherited_sockets inherited_;
    const telemetry::event_log& events_;
    std::vector<net::socket_file> files_;
};

// The names of systemd's sockets that `options` wants and `inherited` has not, as one sentence for each.
std::vector<std::string> missing_sockets(const config::config& options,
                                         const net::inherited_sockets& inherited);

}  // namespace gate::app
