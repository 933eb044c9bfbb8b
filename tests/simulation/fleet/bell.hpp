#pragma once
// Lets coroutines wait in virtual time until somebody rings, or their time is over.

#include "../event_queue.hpp"

#include <gate/core/task.hpp>

#include <memory>
#include <vector>

namespace gate::simulation {

class bell {
    struct waiter {
        std::coroutine_handle<> coroutine{};
        bool is_over = false;
        bool was_rung = false;
    };
    using shared_waiter = std::shared_ptr<waiter>;

    static core::task<> end(event_queue& queue, core::time_point at, shared_waiter own, bool rung) {
        co_await queue.until(at);
        if (own->is_over) co_return;
        own->is_over = true;
        own->was_rung = rung;
        own->coroutine.resume();
    }

    struct suspension {
        bell& owner;
        core::time_point until;
        shared_waiter own = std::make_shared<waiter>();

        bool await_ready() const noexcept { return false; }
        void await_suspend(std::coroutine_handle<> waiting) {
            own->coroutine = waiting;
            std::erase_if(owner.waiting_, [](const shared_waiter& each) { return each->is_over; });
            owner.waiting_.push_back(own);
            core::spawn(end(owner.queue_, until, own, false));
        }
        bool await_resume() const noexcept { return own->was_rung; }
    };

public:
    explicit bell(event_queue& queue) : queue_(queue) {}  // which outlives this

    // co_await wait(until): true if somebody rang before `until`.
    suspension wait(core::time_point until) { return {*this, until}; }

    // All that wait go on, by themselves: nothing runs before this has returned.
    void ring() {
        const auto woken = std::move(waiting_);
        waiting_.clear();
        for (const auto& each : woken) {
            if (!each->is_over) core::spawn(end(queue_, queue_.now(), each, true));
        }
    }

private:
    event_queue& queue_;
    std::vector<shared_waiter> waiting_;
};

}  // namespace gate::simulation
