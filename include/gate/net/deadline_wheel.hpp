#pragma once
// Deadlines of one worker: thousands of them on one coarse timer. Setting, moving and clearing a deadline
// costs a few instructions; there is no timer per operation.
//
// A deadline that moves to a later time stays where it is linked and is linked anew only when the wheel
// passes it. It fires up to one tick late, never early. Not thread-safe: everything here belongs to one
// worker.

#include <gate/core/asio.hpp>
#include <gate/core/clock.hpp>

#include <array>
#include <cstdint>

namespace gate::net {

class deadline_wheel;

namespace detail {
struct wheel_link {
    wheel_link* next = this;
    wheel_link* previous = this;

    bool is_linked() const noexcept { return next != this; }
    void unlink() noexcept {
        next->previous = previous;
        previous->next = next;
        next = previous = this;
    }
    void link_before(wheel_link& other) noexcept {
        next = &other;
        previous = other.previous;
        other.previous->next = this;
        other.previous = this;
    }
};
}  // namespace detail

// Calls `fire(self)` from the event loop once its time has passed. The wheel outlives it.
class deadline : private detail::wheel_link {
public:
    using callback = void (*)(void* self);

    deadline(deadline_wheel& wheel, callback fire, void* self) noexcept
        : wheel_(wheel), fire_(fire), self_(self) {}
    ~deadline();
    deadline(const deadline&) = delete;
    deadline& operator=(const deadline&) = delete;

    void set(core::time_point when) noexcept;  // never: as clear()
    void clear() noexcept { when_ = core::never; }
    core::time_point when() const noexcept { return when_; }

private:
    friend class deadline_wheel;

    deadline_wheel& wheel_;
    callback fire_;
    void* self_;
    core::time_point when_ = core::never;
    std::int64_t tick_ = 0;  // where it is linked
};

class deadline_wheel {
public:
    static constexpr core::duration tick{50};

    explicit deadline_wheel(core::executor executor);
    ~deadline_wheel();
    deadline_wheel(const deadline_wheel&) = delete;
    deadline_wheel& operator=(const deadline_wheel&) = delete;

    // Fires what is due at `now`. Called by the wheel's own timer; public for tests that bring their own
    // time.
    void advance(core::time_point now);

    std::size_t size() const noexcept { return linked_; }

private:
    friend class deadline;
    static constexpr std::int64_t slots = 512;  // 25.6 s; later deadlines are linked at the horizon

    void link(deadline& item) noexcept;
    void unlink(deadline& item) noexcept;
    void run_timer();

    std::array<detail::wheel_link, slots> slots_;
    std::int64_t current_ = 0;  // the last tick that has been dealt with
    std::size_t linked_ = 0;
    bool running_ = false;
    core::timer timer_;
};

}  // namespace gate::net
