#pragma once
// The other end of a session.

#include <gate/net/address.hpp>

#include <string>

namespace gate::protocol {

struct peer {
    net::ip_address address;
    std::string address_text;
    bool is_trusted_proxy = false;
};

}  // namespace gate::protocol
