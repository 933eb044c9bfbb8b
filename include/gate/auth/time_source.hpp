#pragma once
// Time as the auth layer meets it, under the control of tests and of the simulation.

#include <gate/core/asio.hpp>
#include <gate/core/clock.hpp>
#include <gate/core/task.hpp>

#include <functional>

namespace gate::auth {

// Waits for `span`; resumes on `executor`, whose thread must be the calling one.
core::task<> sleep_for(core::executor executor, core::duration span);

// CLOCK_BOOTTIME, which goes on while the machine sleeps.
std::chrono::microseconds fleet_now() noexcept;

// Must be thread-safe.
struct time_source {
    std::function<core::time_point()> now = [] { return core::clock::now(); };
    std::function<core::wall_clock::time_point()> wall_now = [] { return core::wall_clock::now(); };
    std::function<core::task<>(core::executor, core::duration)> sleep = sleep_for;
    std::function<std::chrono::microseconds()> since_boot = fleet_now;
};

}  // namespace gate::auth
