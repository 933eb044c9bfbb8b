#pragma once
// What has become of spans: gate_spans_exported_total, gate_spans_dropped_total,
// gate_span_export_failures_total and gate_span_export_last_success_timestamp_seconds.

#include <gate/core/clock.hpp>
#include <gate/telemetry/counter.hpp>
#include <gate/telemetry/metrics_snapshot.hpp>

#include <array>
#include <cstdint>
#include <string_view>

namespace gate::exporting {

enum class drop_reason : std::uint8_t {
    no_room,   // the collector takes fewer than there are
    failed,    // every attempt to send them has failed
    refused,   // the collector has refused the batch
    rejected,  // the collector has accepted the batch without them
    shutdown,  // the program has ended first
};
inline constexpr std::array<std::string_view, 5> drop_reason_names{"no_room", "failed", "refused", "rejected",
                                                                   "shutdown"};

enum class call_failure : std::uint8_t {
    timeout,
    unreachable,
    throttled,   // 429, 502, 503, 504
    refused,     // any other status that is none of success
    bad_answer,  // what has answered is no collector
    local,       // this process has no descriptor or no memory left
};
inline constexpr std::array<std::string_view, 6> call_failure_names{"timeout", "unreachable", "throttled",
                                                                    "refused", "bad_answer",  "local"};

// Written by one thread, read by any.
class export_counts {
public:
    void exported(std::uint64_t spans, core::wall_clock::time_point now) noexcept {
        exported_.add(spans);
        last_success_.set(std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count());
    }
    void dropped(drop_reason why, std::uint64_t spans) noexcept {
        dropped_[static_cast<std::size_t>(why)].add(spans);
    }
    void failed(call_failure why) noexcept { failures_[static_cast<std::size_t>(why)].add(); }

    std::uint64_t dropped_so_far(drop_reason why) const noexcept {
        return dropped_[static_cast<std::size_t>(why)].value();
    }

    // `without_room`: spans that workers have dropped.
    void collect(std::uint64_t without_room, telemetry::metrics_snapshot& into) const;

private:
    telemetry::counter exported_;
    std::array<telemetry::counter, drop_reason_names.size()> dropped_;
    std::array<telemetry::counter, call_failure_names.size()> failures_;
    telemetry::gauge last_success_;  // seconds since 1970; 0: there was none
};

}  // namespace gate::exporting
