#pragma once
// The other end of an accepted connection, as its socket tells.

#include <gate/net/address.hpp>

#include <cstdint>

namespace gate::net {

struct remote {
    ip_address address{};   // canonical; 0.0.0.0 at a Unix socket, where it has none
    bool is_unix = false;   // it has connected to a Unix socket
    std::uint32_t uid = 0;  // of the process that has done so
};

}  // namespace gate::net
