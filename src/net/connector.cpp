#include <gate/net/connector.hpp>

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

core::task<core::result<std::unique_ptr<stream>>> connect_one(core::executor executor, deadline_wheel& wheel,
                                                              core::tcp::endpoint address,
                                                              core::time_point until) {
    core::tcp_socket socket(executor);
    core::error_code ec;
    socket.open(address.protocol(), ec);
    if (ec) co_return reason_of_errno(ec.value());
    auto made = std::make_unique<stream>(std::move(socket), wheel);
    const int fd = made->socket().native_handle();
    if (::connect(fd, address.data(), static_cast<socklen_t>(address.size())) != 0) {
        if (errno != EINPROGRESS) co_return reason_of_errno(errno);
        const auto status = co_await made->writable(until);
        if (status != wait_status::ready) co_return reason::upstream_connect_timeout;
        if (const int error = pending_error(fd)) co_return reason_of_errno(error);
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
