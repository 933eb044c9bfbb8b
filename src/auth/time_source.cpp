#include <gate/auth/time_source.hpp>

#include <boost/asio/basic_waitable_timer.hpp>

namespace gate::auth {
namespace {

using timer =
    core::asio::basic_waitable_timer<core::clock, core::asio::wait_traits<core::clock>, core::executor>;

struct pause {
    timer& until;

    bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<> waiting) {
        until.async_wait([waiting](const core::error_code&) { waiting.resume(); });
    }
    void await_resume() const noexcept {}
};

}  // namespace

core::task<> sleep_for(core::executor executor, core::duration span) {
    timer until(executor, span);
    pause waiting{until};
    co_await waiting;
}

}  // namespace gate::auth
