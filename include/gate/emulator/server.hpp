#pragma once
// The listeners: one for the API (plain or TLS), and one for the control API when it is apart.

#include <gate/emulator/options.hpp>
#include <gate/emulator/session.hpp>

#include <optional>

namespace gate::emulator {

class server {
public:
    // Binds everything, accepts nothing yet. Throws boost::system::system_error naming what failed. `gate`
    // outlives `context`, and `context` this.
    server(boost::asio::io_context& context, fake_gate& gate, const options& settings);

    core::tcp::endpoint api_address() const { return api_.local_endpoint(); }

    // Where /_control/ is served: the API's address unless it has a listener of its own.
    core::tcp::endpoint control_address() const;

    // Accepts until the context is stopped.
    void start();

private:
    awaitable<> accept_loop(core::tcp_acceptor& acceptor, session_options what);

    boost::asio::io_context& context_;
    fake_gate& gate_;
    core::duration idle_timeout_;
    std::optional<boost::asio::ssl::context> tls_;
    core::tcp_acceptor api_;
    std::optional<core::tcp_acceptor> control_;
};

}  // namespace gate::emulator
