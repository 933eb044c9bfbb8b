#pragma once
// What is logged: log.level of the configuration, or what an operator has said in its place on the admin
// listener, for a time or until somebody says something else. The last word wins. With a time, it holds for
// that time, also when a reload changes log.level; without one, until log.level changes in the configuration.

#include <gate/core/asio.hpp>
#include <gate/core/log_style.hpp>
#include <gate/telemetry/event_log.hpp>

#include <optional>
#include <string>

namespace gate::app {

// What an operator asks for.
struct log_request {
    core::log_level level = core::log_level::info;
    std::optional<telemetry::log_focus::subject> subject{};  // absent: everything
    std::string of{};                                        // the account, or the fingerprint
    core::duration time{0};                                  // 0: until something changes
};

// Belongs to the control thread.
class log_levels {
public:
    static constexpr core::duration longest = std::chrono::hours(24 * 7);

    // `events` outlives this object; `configured`: log.level, which `events` has.
    log_levels(core::executor control, telemetry::event_log& events, core::log_level configured)
        : events_(events), configured_(configured), timer_(control) {}

    // In place of what was said before.
    void take(log_request what);
    // The configuration says so from now on.
    void configure(core::log_level level);
    // What was said counts no more.
    void end();

    core::log_level configured() const noexcept { return configured_; }
    // Nothing: the configuration is in force.
    const std::optional<log_request>& said() const noexcept { return said_; }
    // Of what was said with a time.
    core::wall_clock::time_point until() const noexcept { return until_; }

private:
    void apply();

    telemetry::event_log& events_;
    core::log_level configured_;
    std::optional<log_request> said_;
    core::wall_clock::time_point until_{};
    core::timer timer_;
    unsigned turn_ = 0;  // of the timer: what was waited for before does not count
};

}  // namespace gate::app
