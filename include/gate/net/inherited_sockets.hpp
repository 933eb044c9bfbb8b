#pragma once
// Sockets that systemd has opened for us, and goes on to hold: no connection is lost while the program is
// replaced (sd_listen_fds(3)).

#include <gate/core/result.hpp>
#include <gate/net/listening_socket.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace gate::net {

class inherited_sockets {
public:
    inherited_sockets() = default;

    // Takes what LISTEN_PID, LISTEN_FDS and LISTEN_FDNAMES hand over to this process, and unsets them. Call
    // once, before there are other threads.
    static inherited_sockets take();

    // All of that name, as duplicates; empty: there is none. Error: not_a_socket where one of them does not
    // listen, or has no streams.
    core::result<std::vector<listening_socket>> find(std::string_view name) const;

    // Each once, in their order.
    std::vector<std::string> names() const;

private:
    struct named {
        std::string name;
        listening_socket socket;
    };
    std::vector<named> all_;
};

}  // namespace gate::net
