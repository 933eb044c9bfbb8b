#include <gate/net/readiness.hpp>

#ifdef GATE_PORTABLE_READINESS
#include "portable_readiness.hpp"
#else
#include "reactor_readiness.hpp"
#endif

#include <cassert>
#include <utility>

namespace gate::net {

readiness::readiness(core::stream_socket& socket, direction which, deadline_wheel& wheel) noexcept
    : socket_(socket),
      deadline_(
          wheel, [](void* self) { static_cast<readiness*>(self)->interrupt(wait_status::timed_out); }, this),
      direction_(which) {
    if (which == direction::read) ask_for_ends();
}

// An armed operation is completed by the closing of the socket, and then frees itself.
readiness::~readiness() {
    assert(call_ == nullptr && "a coroutine still waits for this socket");
    if (operation_ == nullptr) return;
    if (operation_->armed) {
        operation_->owner = nullptr;
    } else {
        delete operation_;
    }
}

void readiness::wait(callback call, void* self, core::time_point until) {
    assert(call_ == nullptr);
    call_ = call;
    self_ = self;
    deadline_.set(until);
    arm();
}

void readiness::arm() {
    if (operation_ == nullptr) operation_ = new operation{this};
    if (operation_->armed) {
        operation_->rearm();
    } else {
        operation_->arm(socket_, direction_);
    }
}

void readiness::forget() noexcept {
    call_ = nullptr;
    deadline_.clear();
}

void readiness::interrupt(wait_status why) {
    if (call_ != nullptr) finish(why);
}

// The callback may destroy this object: nothing is touched after it.
void readiness::finish(wait_status status) {
    deadline_.clear();
    if (const auto call = std::exchange(call_, nullptr)) call(self_, status);
}

}  // namespace gate::net
