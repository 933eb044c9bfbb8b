#pragma once
// One connection, from its first byte to its end. All sessions run on one thread.

#include <gate/core/asio.hpp>
#include <gate/emulator/fake_gate.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ssl/context.hpp>

namespace gate::emulator {

template <class T = void>
using awaitable = boost::asio::awaitable<T, core::executor>;

enum class serves : std::uint8_t { api, control, both };

struct session_options {
    serves role = serves::both;
    core::duration idle_timeout = std::chrono::seconds(75);  // for the next request head; 0: none
};

// Serves the connection until either side closes it. `gate` and `tls` outlive the io_context's work; tls may
// be nullptr: plain HTTP. Never throws for what a peer does.
awaitable<> run_session(core::tcp_socket socket, fake_gate& gate, boost::asio::ssl::context* tls,
                        session_options options);

}  // namespace gate::emulator
