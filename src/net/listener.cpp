#include <gate/net/listener.hpp>

#include <boost/asio/ip/tcp.hpp>

#include <cerrno>

#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

namespace gate::net {
namespace {

constexpr int backlog = 4096;
constexpr int batch = 64;  // connections accepted before others get their turn
constexpr core::duration pause{100};

core::error_code share_port(core::tcp_acceptor& acceptor) {
    const int on = 1;
    if (::setsockopt(acceptor.native_handle(), SOL_SOCKET, SO_REUSEPORT, &on, sizeof on) == 0) return {};
    return {errno, boost::system::system_category()};
}

// A peer that has vanished without a word is noticed within two minutes, even where nothing is sent to it:
// accepted connections inherit this (tcp(7)).
void probe_silent_peers(core::tcp_acceptor& acceptor) {
    const auto set = [fd = acceptor.native_handle()](int level, int name, int value) {
        (void)::setsockopt(fd, level, name, &value, sizeof value);
    };
    set(SOL_SOCKET, SO_KEEPALIVE, 1);
    set(IPPROTO_TCP, TCP_KEEPIDLE, 60);   // seconds
    set(IPPROTO_TCP, TCP_KEEPINTVL, 15);  // seconds
    set(IPPROTO_TCP, TCP_KEEPCNT, 4);
}

core::result<core::tcp::endpoint> resolve_local(core::executor executor, const config::endpoint& where) {
    boost::asio::ip::basic_resolver<core::tcp, core::executor> resolver(executor);
    core::error_code ec;
    const auto found =
        resolver.resolve(where.host, std::to_string(where.port),
                         core::tcp::resolver::passive | core::tcp::resolver::numeric_service, ec);
    if (ec) return ec;
    return found.begin()->endpoint();
}

// SO_REUSEPORT would let a second process of the same user listen beside us unnoticed: an address is only
// shared if no other socket has it yet.
core::error_code check_free(core::executor executor, const core::tcp::endpoint& address) {
    core::tcp_acceptor probe(executor);
    core::error_code ec;
    probe.open(address.protocol(), ec);
    if (!ec) probe.set_option(core::tcp_acceptor::reuse_address(true), ec);
    if (!ec) probe.bind(address, ec);
    if (!ec) probe.listen(1, ec);
    return ec;
}

}  // namespace

core::result<std::unique_ptr<listener>> listener::open(core::executor executor, deadline_wheel& wheel,
                                                       const config::endpoint& where, sharing share) {
    const auto address = resolve_local(executor, where);
    if (!address) return address.error();
    core::error_code ec;
    if (share == sharing::first) ec = check_free(executor, *address);
    if (ec) return ec;
    core::tcp_acceptor acceptor(executor);
    acceptor.open(address->protocol(), ec);
    if (!ec) acceptor.set_option(core::tcp_acceptor::reuse_address(true), ec);
    if (!ec && share != sharing::none) ec = share_port(acceptor);
    if (!ec) probe_silent_peers(acceptor);
    if (!ec) acceptor.bind(*address, ec);
    if (!ec) acceptor.listen(backlog, ec);
    if (!ec) acceptor.non_blocking(true, ec);
    if (ec) return ec;
    return std::make_unique<listener>(std::move(acceptor), wheel);
}

listener::listener(core::tcp_acceptor acceptor, deadline_wheel& wheel)
    : acceptor_(std::move(acceptor)),
      resume_(
          wheel, [](void* self) { static_cast<listener*>(self)->wait(); }, this) {}

void listener::start(handler on_connection) {
    on_connection_ = std::move(on_connection);
    wait();
}

void listener::wait() {
    if (!acceptor_.is_open()) return;
    acceptor_.async_wait(core::tcp_acceptor::wait_read, [this](core::error_code ec) {
        if (!ec) accept_batch(batch);
    });
}

void listener::accept_batch(int most) {
    for (int taken = 0; taken < most; ++taken) {
        core::tcp::endpoint peer;
        auto size = static_cast<socklen_t>(peer.capacity());
        const int fd = ::accept4(acceptor_.native_handle(), peer.data(), &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0) {
            const bool exhausted = errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM;
            if (exhausted) {
                resume_.set(core::clock::now() + pause);
                return;
            }
            if (errno == EAGAIN) break;
            continue;  // this connection is gone already
        }
        peer.resize(size);
        core::tcp_socket socket(acceptor_.get_executor());
        core::error_code ec;
        socket.assign(peer.protocol(), fd, ec);
        if (ec) {
            ::close(fd);
        } else {
            on_connection_(std::move(socket), peer);
        }
    }
    wait();
}

void listener::close() {
    if (!acceptor_.is_open()) return;
    resume_.clear();
    accept_batch(backlog);
    core::error_code ignored;
    acceptor_.close(ignored);
}

core::tcp::endpoint listener::local() const {
    core::error_code ignored;
    return acceptor_.local_endpoint(ignored);
}

}  // namespace gate::net
