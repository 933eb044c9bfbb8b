#pragma once
// Says loudly that requests pass which would be refused: in the log when it begins and every hour, in
// /readyz, and by gate_shadow_mode.

#include <gate/config/config.hpp>
#include <gate/core/asio.hpp>
#include <gate/telemetry/event_log.hpp>

#include <atomic>
#include <string>

namespace gate::telemetry {
class metrics_snapshot;
}

namespace gate::app {

// Belongs to the control thread, but for the metrics.
class shadow_notice {
public:
    // `events` outlives this object. `interval`: between two lines.
    shadow_notice(const core::executor& control, const telemetry::event_log& events,
                  core::duration interval = std::chrono::hours(1))
        : events_(events), interval_(interval), timer_(control) {}

    // What holds from now on.
    void configure(const config::config& options);
    void stop();

    // What an operator should know, or "".
    std::string trouble() const;

    // gate_shadow_mode. Thread-safe.
    void collect(telemetry::metrics_snapshot& into) const;

private:
    void warn();

    const telemetry::event_log& events_;
    const core::duration interval_;
    core::timer timer_;
    std::string where_;  // for people
    std::string set_;    // what the last line was about
    std::atomic<bool> is_on_{false};
};

}  // namespace gate::app
