#include "connection_race.hpp"

#include <cassert>
#include <cerrno>
#include <utility>

#include <sys/socket.h>

namespace gate::net {

using core::reason;

connection_race::connection_race(core::executor executor, deadline_wheel& wheel, connect_attempts& attempts)
    : executor_(std::move(executor)),
      wheel_(wheel),
      attempts_(attempts),
      due_(
          wheel, [](void* self) { static_cast<connection_race*>(self)->wake(); }, this) {}

// The event loop learns of the socket when it is connecting: of one that is not, epoll says that the peer has
// hung up, and that would pass for the end of the attempt.
void connection_race::begin(std::size_t number, const core::stream_protocol::endpoint& address) {
    const auto protocol = address.protocol();
    detached_socket begun(protocol, ::socket(protocol.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC,
                                             protocol.protocol()));
    auto& one = under_way_.emplace_back(attempt{*this, number, nullptr});
    if (begun.descriptor() < 0) return has_ended(one, reason_of_errno(errno));
    const bool is_connected =
        ::connect(begun.descriptor(), address.data(), static_cast<socklen_t>(address.size())) == 0;
    const int error = is_connected ? 0 : errno;
    if (!is_connected && error != EINPROGRESS) return has_ended(one, reason_of_errno(error));
    one.bytes = stream::attach(std::move(begun), executor_, wheel_);
    if (!one.bytes) return has_ended(one, reason::upstream_busy);
    if (is_connected) return has_ended(one, std::nullopt);
    one.wait();
}

connection_race::~connection_race() {
    for (auto& each : under_way_) each.end();
}

void connection_race::abandon(std::size_t number) noexcept {
    under_way_.remove_if([number](attempt& each) {
        if (each.number != number) return false;
        each.end();
        return true;
    });
}

// A stream must not end while something waits for it.
void connection_race::attempt::end() noexcept {
    if (bytes) bytes->interrupt_writing(wait_status::cancelled);
}

// The side that writes has just been made, or has found nothing to do: it waits.
void connection_race::attempt::wait() {
    [[maybe_unused]] const bool waits =
        bytes->begin_wait(direction::write, &attempt::on_event, this, core::never);
    assert(waits);
}

// An event promises nothing: only a socket that still connects does not take even an empty piece.
void connection_race::attempt::on_event(void* self, wait_status status) {
    if (status == wait_status::cancelled) return;  // by end()
    auto& one = *static_cast<attempt*>(self);
    int error = 0;
    socklen_t size = sizeof error;
    const int descriptor = one.bytes->socket().native_handle();
    if (::getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &error, &size) != 0) error = errno;
    if (error != 0) return one.in.has_ended(one, reason_of_errno(error));
    if (!one.bytes->try_write(std::string_view()).would_block()) return one.in.has_ended(one, std::nullopt);
    one.wait();
}

// The last thing that an event does: the waiter may destroy this object.
void connection_race::has_ended(attempt& one, std::optional<reason> failure) {
    const auto number = one.number;
    if (failure) {
        attempts_.has_failed(number, *failure);
    } else if (!winner_) {
        winner_ = std::move(one.bytes);
        winning_attempt_ = number;
    }
    abandon(number);
    has_news_ = true;
    wake();
}

void connection_race::wake() {
    if (auto awaiting = std::exchange(awaiting_, nullptr)) awaiting.resume();
}

}  // namespace gate::net
