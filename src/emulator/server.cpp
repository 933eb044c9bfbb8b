#include <gate/emulator/server.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

#include <sstream>

namespace gate::emulator {
namespace {

namespace asio = boost::asio;
constexpr asio::as_tuple_t<asio::use_awaitable_t<core::executor>> use_tuple{};
constexpr auto pause_when_out_of_files = std::chrono::milliseconds(20);

void check(const core::error_code& error, const std::string& what) {
    if (error) throw boost::system::system_error(error, what);
}

core::tcp_acceptor listen_on(asio::io_context& context, const core::tcp::endpoint& where) {
    std::ostringstream name;
    name << "cannot listen on " << where;
    core::error_code error;
    core::tcp_acceptor acceptor(context.get_executor());
    acceptor.open(where.protocol(), error);
    check(error, name.str());
    acceptor.set_option(asio::socket_base::reuse_address(true), error);
    check(error, name.str());
    acceptor.bind(where, error);
    check(error, name.str());
    acceptor.listen(asio::socket_base::max_listen_connections, error);
    check(error, name.str());
    return acceptor;
}

asio::ssl::context load_tls(const options& settings) {
    core::error_code error;
    asio::ssl::context tls(asio::ssl::context::tls_server);
    tls.set_options(asio::ssl::context::default_workarounds | asio::ssl::context::no_tlsv1 |
                    asio::ssl::context::no_tlsv1_1);
    tls.use_certificate_chain_file(settings.tls_cert, error);
    check(error, "cannot use the certificate " + settings.tls_cert);
    tls.use_private_key_file(settings.tls_key, asio::ssl::context::pem, error);
    check(error, "cannot use the private key " + settings.tls_key);
    return tls;
}

}  // namespace

server::server(asio::io_context& context, fake_gate& gate, const options& settings)
    : context_(context),
      gate_(gate),
      idle_timeout_(settings.idle_timeout),
      api_(listen_on(context, settings.listen)) {
    if (!settings.tls_cert.empty()) tls_.emplace(load_tls(settings));
    if (settings.control) control_.emplace(listen_on(context, *settings.control));
}

core::tcp::endpoint server::control_address() const {
    return control_ ? control_->local_endpoint() : api_.local_endpoint();
}

void server::start() {
    const serves on_api = control_ ? serves::api : serves::both;
    asio::co_spawn(context_.get_executor(), accept_loop(api_, {on_api, idle_timeout_}), asio::detached);
    if (!control_) return;
    asio::co_spawn(context_.get_executor(), accept_loop(*control_, {serves::control, idle_timeout_}),
                   asio::detached);
}

awaitable<> server::accept_loop(core::tcp_acceptor& acceptor, session_options what) {
    asio::ssl::context* const tls = tls_ ? &*tls_ : nullptr;
    for (;;) {
        core::tcp_socket socket(context_.get_executor());
        auto [error] = co_await acceptor.async_accept(socket, use_tuple);
        if (error == asio::error::operation_aborted) co_return;
        if (error) {  // out of descriptors, or the peer has gone already
            core::timer timer(context_.get_executor(), pause_when_out_of_files);
            co_await timer.async_wait(use_tuple);
            continue;
        }
        core::error_code ignored;
        socket.set_option(core::tcp::no_delay(true), ignored);
        asio::co_spawn(context_.get_executor(), run_session(std::move(socket), gate_, tls, what),
                       asio::detached);
    }
}

}  // namespace gate::emulator
