#pragma once
// An event loop, a wheel and connected sockets for tests of the layers that do I/O: real sockets on the
// loopback.

#include <gate/core/asio.hpp>
#include <gate/core/task.hpp>
#include <gate/net/deadline_wheel.hpp>
#include <gate/net/stream.hpp>

#include <boost/asio/write.hpp>

#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

#include <sys/socket.h>

namespace gate::test {

struct loop {
    core::asio::io_context context{1};
    net::deadline_wheel wheel{context.get_executor()};

    // Runs handlers until `done`, at most for five seconds.
    void run_until(const std::function<bool()>& done) {
        const auto end = core::clock::now() + std::chrono::seconds(5);
        while (!done()) {
            if (core::clock::now() > end) throw std::runtime_error("the condition did not come true in time");
            context.restart();
            context.run_for(std::chrono::milliseconds(5));
        }
    }
};

// Two ends of one TCP connection: a stream under test, and a plain blocking socket that plays the peer.
struct connection {
    std::unique_ptr<net::stream> ours;
    core::tcp_socket peer;

    explicit connection(loop& on) : peer(on.context.get_executor()) {
        core::tcp_acceptor acceptor(on.context.get_executor(), {boost::asio::ip::address_v4::loopback(), 0});
        peer.connect(acceptor.local_endpoint());
        ours = std::make_unique<net::stream>(acceptor.accept(), on.wheel);
    }

    void send(std::string_view text) { boost::asio::write(peer, boost::asio::buffer(text)); }

    // What has arrived at the peer so far, without waiting.
    std::string received() {
        char buffer[65536];
        const auto got = ::recv(peer.native_handle(), buffer, sizeof buffer, MSG_DONTWAIT);
        return got > 0 ? std::string(buffer, static_cast<std::size_t>(got)) : std::string();
    }

    void reset() {
        peer.set_option(boost::asio::socket_base::linger(true, 0));
        peer.close();
    }
};

}  // namespace gate::test
