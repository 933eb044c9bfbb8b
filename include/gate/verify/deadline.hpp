#pragma once
// Makes what waits on a socket fail when its time is over.

#include <gate/core/asio.hpp>
#include <gate/core/clock.hpp>

#include <memory>

namespace gate::verify {

// Belongs to one thread. The socket outlives the time for which it is armed.
class socket_deadline {
public:
    explicit socket_deadline(const core::executor& executor);
    ~socket_deadline();
    socket_deadline(const socket_deadline&) = delete;
    socket_deadline& operator=(const socket_deadline&) = delete;

    // Closes `socket` at `when`, unless disarmed or armed anew before.
    void arm(core::time_point when, core::tcp_socket& socket);
    void disarm();
    // As if the time had come: soon, from the event loop. Nothing if it is not armed.
    void expire() { timer_.cancel(); }

    // Whether it has closed the socket that it was armed with last.
    bool has_passed() const noexcept;

private:
    struct state;
    std::shared_ptr<state> state_;
    core::timer timer_;
};

}  // namespace gate::verify
