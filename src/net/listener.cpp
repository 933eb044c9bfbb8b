#include <gate/net/listener.hpp>

#include <boost/asio/ip/tcp.hpp>

#include <cerrno>
#include <system_error>
#include <utility>

#include <sys/socket.h>
#include <unistd.h>

namespace gate::net {
namespace {

constexpr int backlog = 4096;
constexpr int batch = 64;  // connections accepted before others get their turn
constexpr core::duration pause{100};

core::stream_protocol protocol_of(const remote& from) {
    if (from.is_unix) return {AF_UNIX, 0};
    return {from.address.is_v4() ? AF_INET : AF_INET6, IPPROTO_TCP};
}

std::uint32_t user_of(int connection) {
    ucred peer{};
    socklen_t size = sizeof peer;
    constexpr std::uint32_t nobody = 65534;  // as the kernel's overflowuid
    return ::getsockopt(connection, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 ? peer.uid : nobody;
}

}  // namespace

listener::listener(core::executor executor, deadline_wheel& wheel, listening_socket opened)
    : is_lent_(opened.is_lent()),
      is_unix_(opened.is_unix()),
      acceptor_(executor),
      resume_(
          wheel, [](void* self) { static_cast<listener*>(self)->wait(); }, this) {
    core::error_code ec;
    acceptor_.assign(core::stream_protocol(is_unix_ ? AF_UNIX : AF_INET, 0), opened.descriptor(), ec);
    if (!ec) (void)opened.release();
    if (!ec) acceptor_.non_blocking(true, ec);
    if (ec) throw std::system_error(ec, "cannot watch a listening socket");
}

void listener::start(handler on_connection) {
    on_connection_ = std::move(on_connection);
    wait();
}

void listener::wait() {
    if (!acceptor_.is_open()) return;
    acceptor_.async_wait(core::stream_acceptor::wait_read, [this](core::error_code ec) {
        if (!ec) accept_batch(batch);
    });
}

// The descriptor; negative: see errno.
int listener::accept_one(remote& from) {
    constexpr int flags = SOCK_NONBLOCK | SOCK_CLOEXEC;
    if (is_unix_) {
        const int fd = ::accept4(acceptor_.native_handle(), nullptr, nullptr, flags);
        if (fd >= 0) from = {.address = {}, .is_unix = true, .uid = user_of(fd)};
        return fd;
    }
    core::tcp::endpoint peer;
    auto size = static_cast<socklen_t>(peer.capacity());
    const int fd = ::accept4(acceptor_.native_handle(), peer.data(), &size, flags);
    if (fd < 0) return fd;
    peer.resize(size);
    from.address = peer.address();
    return fd;
}

void listener::accept_batch(int most) {
    for (int taken = 0; taken < most; ++taken) {
        remote from;
        const int fd = accept_one(from);
        if (fd < 0) {
            const bool exhausted = errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM;
            if (exhausted) {
                resume_.set(core::clock::now() + pause);
                return;
            }
            if (errno == EAGAIN) break;
            continue;  // this connection is gone already
        }
        core::stream_socket socket(acceptor_.get_executor());
        core::error_code ec;
        socket.assign(protocol_of(from), fd, ec);
        if (ec) {
            ::close(fd);
        } else {
            from.address = canonical(from.address);
            on_connection_(std::move(socket), from);
        }
    }
    wait();
}

void listener::close() {
    if (!acceptor_.is_open()) return;
    resume_.clear();
    if (!is_lent_) accept_batch(backlog);
    core::error_code ignored;
    acceptor_.close(ignored);
}

}  // namespace gate::net
