#pragma once
// Where we listen, and how connections begin there.

#include <cstdint>
#include <string>

namespace gate::config {

// Where connections are accepted: IP address and port, a Unix socket, or sockets that systemd has opened.
struct listen_address {
    std::string host;            // an IPv6 address stands in brackets in the file and without them here
    std::uint16_t port = 0;      // 0: any free port (tests)
    std::string socket{};        // unix:/run/app.sock: the path. The rest is empty then.
    std::string systemd_name{};  // systemd:NAME (sd_listen_fds(3)). The rest is empty then.
    bool operator==(const listen_address&) const = default;

    bool is_socket() const noexcept { return !socket.empty(); }
    bool is_from_systemd() const noexcept { return !systemd_name.empty(); }
    bool is_tcp() const noexcept { return !is_socket() && !is_from_systemd(); }
};

// Permission bits of a Unix socket: who may connect needs the right to write.
inline constexpr unsigned default_socket_mode = 0660;

// Whether connections begin with a PROXY header. Never "perhaps": a client could write one itself.
enum class proxy_protocol_use : std::uint8_t { off, required };

}  // namespace gate::config
