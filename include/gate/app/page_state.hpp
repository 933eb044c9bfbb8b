#pragma once
// What the page shows without the admin token: state and charts, and nothing that /readyz and /metrics do not
// tell as well (rule 18). Looked up once a second, however many ask.

#include <gate/app/health.hpp>
#include <gate/app/page_history.hpp>
#include <gate/telemetry/metrics.hpp>

#include <optional>
#include <string>

namespace gate::app {

// Belongs to the control thread.
class page_state {
public:
    // Both outlive this object.
    page_state(const telemetry::metrics& all, const health& state) : all_(all), health_(state) {}

    // Takes a point of the charts. Returns in which time to look again: a second, or longer where reading the
    // metrics takes more than a tenth of the thread's time.
    std::chrono::milliseconds look();

    // {"now": ms, "at": ms, "ready", "detail", "asks_for_token", "metrics": {name: [{labels..., "value"}]},
    // "reasons": [...], "lanes": [...], "columns": [...], "points": [[...]]}: as of the last look, with the
    // newest points. `has_token`: an admin token is configured.
    std::string describe(bool has_token);

    // {"columns": [...], "points": [[...]]}: all of them.
    std::string history() const;

private:
    const telemetry::metrics& all_;
    const health& health_;
    page_history history_;
    std::optional<telemetry::metrics_snapshot> now_;
    core::wall_clock::time_point looked_at_{};
};

}  // namespace gate::app
