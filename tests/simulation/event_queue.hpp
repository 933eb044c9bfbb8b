#pragma once
// Virtual time: coroutines that wait for a moment, resumed in its order. The clock stands still while they
// run, and jumps to the next moment that somebody waits for. Single-threaded, and the same on every run.

#include <gate/core/clock.hpp>

#include <cassert>
#include <coroutine>
#include <cstdint>
#include <queue>
#include <vector>

namespace gate::simulation {

class event_queue {
    struct awaiter {
        event_queue& queue;
        core::time_point at;
        bool await_ready() const noexcept { return false; }
        void await_suspend(std::coroutine_handle<> waiting) { queue.push(at, waiting); }
        void await_resume() const noexcept {}
    };

public:
    // co_await until(at): goes on at `at`, after whoever waits for the same moment already.
    awaiter until(core::time_point at) { return {*this, at}; }

    core::time_point now() const noexcept { return now_; }
    // When the next coroutine goes on; core::never if none waits.
    core::time_point next() const noexcept { return events_.empty() ? core::never : events_.top().at; }

    // Precondition: next() is not earlier than `at`.
    void advance(core::time_point at) noexcept {
        assert(at >= now_ && "time goes forwards");
        now_ = at;
    }

    // Precondition: somebody waits.
    void run_next() {
        const auto [at, order, waiting] = events_.top();
        events_.pop();
        advance(at);
        waiting.resume();
    }

private:
    struct event {
        core::time_point at;
        std::uint64_t order;
        std::coroutine_handle<> waiting;
        bool operator>(const event& other) const noexcept {
            return at != other.at ? at > other.at : order > other.order;
        }
    };

    void push(core::time_point at, std::coroutine_handle<> waiting) {
        events_.push({at < now_ ? now_ : at, next_order_++, waiting});
    }

    // Not at the epoch of the clock: a moment that was never set must not look like a recent one.
    core::time_point now_{std::chrono::hours(1000)};
    std::uint64_t next_order_ = 0;
    std::priority_queue<event, std::vector<event>, std::greater<>> events_;
};

}  // namespace gate::simulation
