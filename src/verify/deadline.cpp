#include <gate/verify/deadline.hpp>

namespace gate::verify {

// Outlives the object in handlers that are queued already: a generation that has gone by says so.
struct socket_deadline::state {
    unsigned generation = 0;
    bool passed = false;
};

socket_deadline::socket_deadline(const core::executor& executor)
    : state_(std::make_shared<state>()), timer_(executor) {}

socket_deadline::~socket_deadline() {
    disarm();
}

void socket_deadline::arm(core::time_point when, core::tcp_socket& socket) {
    disarm();
    state_->passed = false;
    if (when == core::never) return;
    timer_.expires_at(when);
    timer_.async_wait([shared = state_, generation = state_->generation, &socket](core::error_code) {
        if (shared->generation != generation) return;
        shared->passed = true;
        core::error_code ignored;
        socket.close(ignored);
    });
}

void socket_deadline::disarm() {
    ++state_->generation;
    timer_.cancel();
}

bool socket_deadline::has_passed() const noexcept {
    return state_->passed;
}

}  // namespace gate::verify
