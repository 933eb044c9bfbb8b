#pragma once
// What became of the reloads of one thing, for /metrics: config_reloads_total{what,result},
// config_last_reload_successful{what}, config_last_reload_success_timestamp_seconds{what}.

#include <atomic>
#include <cstdint>

namespace gate::telemetry {
class metrics_snapshot;
}

namespace gate::app {

// Thread-safe. The start counts as a success for the time, and as no reload.
class reload_record {
public:
    // `what` has static storage: "config", "secret_key".
    explicit reload_record(const char* what);

    void note_success() noexcept;
    void note_failure() noexcept;

    void collect(telemetry::metrics_snapshot& into) const;

private:
    const char* subject_;
    std::atomic<std::uint64_t> successes_{0};
    std::atomic<std::uint64_t> failures_{0};
    std::atomic<bool> last_is_good_{true};
    std::atomic<double> last_success_;  // seconds since 1970
};

}  // namespace gate::app
