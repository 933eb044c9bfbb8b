#pragma once
// One coroutine waits until another, on the same thread, says that it has finished.

#include <gate/core/shared_scratch.hpp>

#include <coroutine>
#include <utility>

namespace gate::core {

class latch {
public:
    bool is_open() const noexcept { return open_; }

    // The last thing that the finishing side does: the waiter goes on inside this call, and may
    // destroy whatever holds the latch.
    void open() {
        open_ = true;
        if (auto waiting = std::exchange(waiting_, nullptr)) waiting.resume();
    }

    void close() noexcept { open_ = false; }

    bool await_ready() const noexcept { return open_; }
    void await_suspend(std::coroutine_handle<> awaiting) noexcept {
        expect_no_loans();
        waiting_ = awaiting;
    }
    void await_resume() const noexcept {}

private:
    std::coroutine_handle<> waiting_;
    bool open_ = false;
};

}  // namespace gate::core
