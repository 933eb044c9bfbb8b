#include "connection_race.hpp"

#include <algorithm>

#include <sys/socket.h>

namespace gate::net {

using core::reason;

reason reason_of_errno(int error) noexcept {
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

namespace {

using connect_result = core::result<connected>;

// A Unix socket whose queue is full says so immediately, and cannot say when it has room again.
constexpr core::duration between_attempts{5};

core::task<connect_result> connect_to_socket(core::executor executor, deadline_wheel& wheel,
                                             core::stream_protocol::endpoint address,
                                             core::time_point until) {
    const auto protocol = address.protocol();
    detached_socket made(protocol, ::socket(protocol.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC,
                                            protocol.protocol()));
    if (made.descriptor() < 0) co_return reason_of_errno(errno);
    while (::connect(made.descriptor(), address.data(), static_cast<socklen_t>(address.size())) != 0) {
        if (errno != EAGAIN) co_return reason_of_errno(errno);
        const auto now = core::clock::now();
        if (now >= until) co_return reason::upstream_connect_timeout;
        core::timer pause(executor, std::min(until, now + between_attempts));
        co_await pause.async_wait(core::use_task);
    }
    auto bytes = stream::attach(std::move(made), executor, wheel);
    if (!bytes) co_return reason::upstream_busy;
    co_return connected{std::move(bytes), address};
}

core::task<connect_result> connect_to_first(core::executor executor, deadline_wheel& wheel,
                                            std::shared_ptr<const address_list> addresses,
                                            std::vector<std::size_t> order, core::time_point until) {
    connect_attempts attempts(order.size(), until);
    connection_race race(executor, wheel, attempts);
    for (;;) {
        if (auto bytes = race.take_winner())
            co_return connected{std::move(bytes), (*addresses)[order[race.winner()]]};
        const auto next = attempts.next(core::clock::now());
        using kind = connect_attempts::action::kind;
        switch (next.step) {
            case kind::begin: race.begin(next.attempt, (*addresses)[order[next.attempt]]); break;
            case kind::abandon: race.abandon(next.attempt); break;
            case kind::wait: co_await race.has_news(next.until); break;
            case kind::give_up: co_return attempts.why();
        }
    }
}

}  // namespace

core::task<connect_result> connect(core::executor executor, deadline_wheel& wheel,
                                   std::shared_ptr<const address_list> addresses,
                                   const core::stream_protocol::endpoint* first, core::time_point until) {
    if (!addresses || addresses->empty()) return connect_result(reason::upstream_unreachable);
    if (const auto& only = addresses->front(); only.protocol().family() == AF_UNIX)
        return connect_to_socket(std::move(executor), wheel, only, until);
    auto order = order_of_attempts(*addresses, first);
    return connect_to_first(std::move(executor), wheel, std::move(addresses), std::move(order), until);
}

}  // namespace gate::net
