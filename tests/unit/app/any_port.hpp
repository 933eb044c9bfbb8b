#pragma once
// A socket that listens on the loopback, for servers under test.

#include <gate/net/listening_socket.hpp>

#include <catch.hpp>
#include <utility>
#include <vector>

namespace gate::test {

// `where`: how it can be reached.
inline std::vector<net::listening_socket> listen_on_any_port(core::tcp::endpoint& where) {
    auto opened = net::listening_socket::open({"127.0.0.1", 0}, net::listening_socket::sharing::none);
    REQUIRE(opened.has_value());
    where = {boost::asio::ip::address_v4::loopback(), opened->local().port};
    std::vector<net::listening_socket> out;
    out.push_back(std::move(*opened));
    return out;
}

}  // namespace gate::test
