#pragma once
// Makes what waits on a socket fail when its time is over.

#include <gate/core/asio.hpp>
#include <gate/core/clock.hpp>

#include <memory>
#include <vector>

namespace gate::client {

class socket_deadline;

// The deadlines of a client's calls, so that closing it can end them. Belongs to one thread.
class deadlines {
public:
    // Those that are armed pass soon, from the event loop, and so do those that are armed later.
    void close();
    bool is_closed() const noexcept { return is_closed_; }

private:
    friend class socket_deadline;
    std::vector<socket_deadline*> all_;
    bool is_closed_ = false;
};

// The socket outlives the time for which it is armed.
class socket_deadline {
public:
    // `among` outlives it.
    socket_deadline(const core::executor& executor, deadlines& among);
    ~socket_deadline();
    socket_deadline(const socket_deadline&) = delete;
    socket_deadline& operator=(const socket_deadline&) = delete;

    // Closes `socket` at `when`, unless disarmed or armed anew before.
    void arm(core::time_point when, core::stream_socket& socket);
    void disarm();

    // Whether it has closed the socket that it was armed with last.
    bool has_passed() const noexcept;

private:
    friend class deadlines;
    struct state;
    deadlines& among_;
    std::shared_ptr<state> state_;
    core::timer timer_;
};

}  // namespace gate::client
