#pragma once
// Readiness by an operation of our own in Asio's reactor: a part of readiness.cpp. It uses private parts of
// Asio; readiness_kind.hpp says of which versions.

#include <gate/net/readiness.hpp>

#include <algorithm>
#include <utility>

#include <sys/epoll.h>

namespace gate::net {

namespace {

using reactor = boost::asio::detail::epoll_reactor;
using record = reactor::descriptor_state;

// Lets `member_of(Name{})` name a private member of Asio's: access is not checked in an explicit
// instantiation.
template <class Name, auto Member>
struct expose {
    friend auto member_of(Name) noexcept { return Member; }
};
struct epoll_fd {
    friend auto member_of(epoll_fd) noexcept;
};
struct registered_events {
    friend auto member_of(registered_events) noexcept;
};
template struct expose<epoll_fd, &reactor::epoll_fd_>;
template struct expose<registered_events, &record::registered_events_>;

// The reactor's own record of a socket, which Asio keeps in a protected member.
struct socket_access : core::stream_socket {
    static record* record_of(core::stream_socket& socket) {
        return (socket.*(&socket_access::impl_)).get_implementation().reactor_data_;
    }
};

// The record as an entry of the event loop's queue: a private base, which no other cast reaches.
boost::asio::detail::operation* entry_of(record* of_socket) noexcept {
    return (boost::asio::detail::operation*)of_socket;
}

// What epoll said last about a socket.
struct events_access : boost::asio::detail::operation {
    static unsigned events_of(record* of_socket) noexcept {
        return entry_of(of_socket)->*(&events_access::task_result_);
    }
};

// Asio queues the record of a socket that has an event: at least the reactor's own entry follows it.
bool is_queued(record* of_socket) noexcept {
    return of_socket != nullptr && boost::asio::detail::op_queue_access::next(entry_of(of_socket)) != nullptr;
}

// Both of this thread's event loop: the moment it is, and the last one after which it has asked epoll.
constinit thread_local readiness::moment current = 1;
constinit thread_local readiness::moment looked_after = 0;

// To be asked for once: this takes a lock and compares type names.
[[gnu::noinline]] reactor& reactor_of(core::stream_socket& socket) {
    return boost::asio::use_service<reactor>(socket.get_executor().context());
}

}  // namespace

struct readiness::operation : boost::asio::detail::reactor_op {
    readiness* owner;
    reactor& service;
    record* source = nullptr;
    moment armed_at = 0;
    bool armed = false;
    bool arming = false;
    bool performed = false;
    bool is_fresh = false;  // for an event that was fetched after armed_at

    explicit operation(readiness* waits)
        : reactor_op(core::error_code(), &operation::perform, &operation::complete),
          owner(waits),
          service(reactor_of(waits->socket_)) {}

    void arm(core::stream_socket& socket, direction which) {
        armed = true;
        const int kind = which == direction::read ? reactor::read_op : reactor::write_op;
        source = socket_access::record_of(socket);
        performed = false;
        armed_at = is_queued(source) ? 0 : now();
        arming = true;
        service.start_op(kind, socket.native_handle(), source, this, false, true);
        arming = false;
    }

    // Armed anew, if its event has still to be fetched.
    void rearm() noexcept {
        if (!performed && !is_queued(source)) armed_at = now();
    }

    // Nothing to do but to report; "exhausted" keeps Asio from reporting the same event twice.
    static status perform(reactor_op* base) {
        auto* self = static_cast<operation*>(base);
        constexpr unsigned more_than_data = EPOLLRDHUP | EPOLLPRI | EPOLLERR | EPOLLHUP;
        if (self->owner != nullptr && (events_access::events_of(self->source) & more_than_data) != 0)
            self->owner->short_reads_tell_ = false;
        self->performed = true;
        self->is_fresh = !self->arming;
        return done_and_exhausted;
    }

    static void complete(void* scheduler, boost::asio::detail::operation* base, const core::error_code&,
                         std::size_t) {
        auto* self = static_cast<operation*>(base);
        self->armed = false;
        if (std::exchange(self->is_fresh, false)) looked_after = std::max(looked_after, self->armed_at);
        if (self->owner == nullptr) {
            delete self;
        } else if (scheduler != nullptr) {  // else the io_context is being destroyed
            self->owner->ready_ = true;
            self->owner->finish(wait_status::ready);
        }
    }
};

bool readiness::has_news() const noexcept {
    return is_queued(socket_access::record_of(socket_));
}

readiness::moment readiness::now() noexcept {
    return ++current;
}

bool readiness::has_looked_since(moment then) noexcept {
    return looked_after >= then;
}

// Asio does not ask epoll for EPOLLRDHUP, by which the end of the peer's side shows together with its data.
void readiness::ask_for_ends() noexcept {
    auto* const of_socket = socket_access::record_of(socket_);
    if (of_socket == nullptr) return;
    auto& events = of_socket->*member_of(registered_events{});
    epoll_event wanted{};
    wanted.events = events | EPOLLRDHUP;
    wanted.data.ptr = of_socket;
    const int epoll = reactor_of(socket_).*member_of(epoll_fd{});
    if (::epoll_ctl(epoll, EPOLL_CTL_MOD, socket_.native_handle(), &wanted) != 0) return;
    events = wanted.events;
    short_reads_tell_ = true;
}

}  // namespace gate::net
