#pragma once
// Lets a coroutine wait for a slot: it goes on when its request is settled.

#include <gate/core/shared_scratch.hpp>
#include <gate/net/connection_pool.hpp>

#include <coroutine>

namespace gate::net {

struct connection_pool::waiter : slot_request {
    connection_pool& pool;
    std::coroutine_handle<> awaiting{};
    deadline due;
    entry own{};                   // a connection that this worker hands over
    detached_socket others{};      // a connection that another worker hands over
    std::uint64_t others_tls = 0;  // the generation of its TLS

    waiter(connection_pool& asking, party* for_whom, preference which, core::time_point wait_until)
        : slot_request(asking.place_.number, for_whom, which == preference::fresh, wait_until),
          pool(asking),
          due(asking.wheel_, &waiter::expire, this) {}

    static void expire(void* self) {
        auto& one = *static_cast<waiter*>(self);
        const auto now = core::clock::now();
        using expiry = pool_core::expiry;
        const auto what = one.pool.with_.slots->expire(one, now);
        if (what == expiry::ask_again_later) one.due.set(now + deadline_wheel::tick);
        if (what == expiry::refused) one.awaiting.resume();
    }
};

class connection_pool::slot_wait {
public:
    explicit slot_wait(waiter& request) : waiter_(request) { ++waiter_.pool.waiting_; }
    ~slot_wait() { --waiter_.pool.waiting_; }
    slot_wait(const slot_wait&) = delete;
    slot_wait& operator=(const slot_wait&) = delete;

    bool await_ready() noexcept { return waiter_.pool.with_.slots->ask(waiter_); }
    // The request is settled on this thread: the coroutine is not resumed before this function has ended.
    void await_suspend(std::coroutine_handle<> awaiting) noexcept {
        core::expect_no_loans();
        waiter_.awaiting = awaiting;
        waiter_.due.set(waiter_.until);
    }
    slot_request::state await_resume() const noexcept { return waiter_.now; }

private:
    waiter& waiter_;
};

}  // namespace gate::net
