#include <gate/net/connector.hpp>

#include <algorithm>

#include <sys/socket.h>

namespace gate::net {
namespace {

using core::reason;

reason reason_of_errno(int error) {
    switch (error) {
        case ECONNREFUSED: return reason::upstream_refused;
        case ECONNRESET: return reason::upstream_reset;
        case ETIMEDOUT: return reason::upstream_connect_timeout;
        // Our own lack: says nothing about the upstream.
        case EMFILE:
        case ENFILE:
        case ENOBUFS:
        case ENOMEM: return reason::upstream_busy;
        default: return reason::upstream_unreachable;
    }
}

int pending_error(int fd) {
    int error = 0;
    socklen_t size = sizeof error;
    return ::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) == 0 ? error : errno;
}

// A Unix socket whose queue is full says so at once, and cannot say when it has room again.
constexpr core::duration between_attempts{5};

core::task<int> connect_when_there_is_room(core::executor executor, int descriptor,
                                           const core::stream_protocol::endpoint& address,
                                           core::time_point until) {
    for (;;) {
        if (::connect(descriptor, address.data(), static_cast<socklen_t>(address.size())) == 0) co_return 0;
        if (errno != EAGAIN || address.protocol().family() != AF_UNIX) co_return errno;
        const auto now = core::clock::now();
        if (now >= until) co_return ETIMEDOUT;
        core::timer pause(executor, std::min(until, now + between_attempts));
        co_await pause.async_wait(core::use_task);
    }
}

// The event loop learns of the socket when it is connecting: of one that is not, epoll says that the peer has
// hung up, and that would pass for the end of the attempt.
core::task<core::result<std::unique_ptr<stream>>> connect_one(core::executor executor, deadline_wheel& wheel,
                                                              core::stream_protocol::endpoint address,
                                                              core::time_point until) {
    const auto protocol = address.protocol();
    detached_socket begun(protocol, ::socket(protocol.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC,
                                             protocol.protocol()));
    const int descriptor = begun.descriptor();
    if (descriptor < 0) co_return reason_of_errno(errno);
    const int failed = co_await connect_when_there_is_room(executor, descriptor, address, until);
    if (failed != 0 && failed != EINPROGRESS) co_return reason_of_errno(failed);
    auto made = stream::attach(std::move(begun), executor, wheel);
    if (!made) co_return reason::upstream_busy;
    // `ready` promises nothing: only a socket that still connects does not take even an empty piece.
    for (bool connecting = failed == EINPROGRESS; connecting;) {
        const auto status = co_await made->writable(until);
        if (status != wait_status::ready) co_return reason::upstream_connect_timeout;
        if (const int error = pending_error(descriptor)) co_return reason_of_errno(error);
        connecting = made->try_write(std::string_view()).would_block();
    }
    co_return made;
}

}  // namespace

core::task<core::result<std::unique_ptr<stream>>> connect(core::executor executor, deadline_wheel& wheel,
                                                          std::shared_ptr<const address_list> addresses,
                                                          core::time_point until) {
    core::error_code last = reason::upstream_unreachable;
    if (!addresses) co_return last;
    for (const auto& address : *addresses) {
        auto made = co_await connect_one(executor, wheel, address, until);
        if (made) co_return made;
        last = made.error();
        if (last == reason::upstream_connect_timeout) break;
    }
    co_return last;
}

}  // namespace gate::net
