#include "socket_deadline.hpp"

namespace gate::client {

// Outlives the object in handlers that are queued already: a generation that has gone by says so.
struct socket_deadline::state {
    unsigned generation = 0;
    bool passed = false;
};

void deadlines::close() {
    is_closed_ = true;
    for (auto* each : all_) each->timer_.cancel();
}

socket_deadline::socket_deadline(const core::executor& executor, deadlines& among)
    : among_(among), state_(std::make_shared<state>()), timer_(executor) {
    among_.all_.push_back(this);
}

socket_deadline::~socket_deadline() {
    disarm();
    std::erase(among_.all_, this);
}

void socket_deadline::arm(core::time_point when, core::stream_socket& socket) {
    disarm();
    state_->passed = false;
    // One that never passes can still be closed.
    timer_.expires_at(among_.is_closed() ? core::time_point{} : when);
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

}  // namespace gate::client
