#include <gate/auth/time_source.hpp>

#include <ctime>

namespace gate::auth {
namespace {

struct pause {
    core::timer& until;

    bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<> waiting) {
        core::expect_no_loans();
        until.async_wait([waiting](const core::error_code&) { waiting.resume(); });
    }
    void await_resume() const noexcept {}
};

}  // namespace

core::task<> sleep_for(core::executor executor, core::duration span) {
    core::timer until(executor, span);
    pause waiting{until};
    co_await waiting;
}

std::chrono::microseconds fleet_now() noexcept {
    timespec now{};
    clock_gettime(CLOCK_BOOTTIME, &now);
    return std::chrono::seconds(now.tv_sec) +
           std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::nanoseconds(now.tv_nsec));
}

}  // namespace gate::auth
