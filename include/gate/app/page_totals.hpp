#pragma once
// What the charts of the page count, out of a snapshot of the metrics. Pure.

#include <gate/core/reason.hpp>
#include <gate/telemetry/histogram.hpp>
#include <gate/telemetry/metrics_snapshot.hpp>

#include <array>
#include <cstdint>
#include <optional>

namespace gate::app {

// Since the start of the process.
struct page_totals {
    std::uint64_t succeeded = 0;      // responses by status: below 400
    std::uint64_t client_errors = 0;  // 4xx
    std::uint64_t server_errors = 0;  // 5xx
    std::uint64_t allowed = 0;        // decisions
    std::uint64_t denied = 0;
    std::uint64_t unavailable = 0;
    std::uint64_t calls = 0;                                  // to Gate
    std::array<std::uint64_t, core::reason_count> reasons{};  // of decisions and of failures
    telemetry::histogram_totals requests;
    telemetry::histogram_totals upstream;                 // our requests to it
    std::optional<telemetry::histogram_totals> overhead;  // nothing: it is not counted by itself
    std::int64_t budget_left = -1;                        // -1: Gate has not said
    std::uint64_t under_way = 0;                          // requests

    std::uint64_t responses() const noexcept { return succeeded + client_errors + server_errors; }
};

page_totals totals_of(const telemetry::metrics_snapshot& all);

// How long the fastest `share` (0..1) of what was counted took, in microseconds: within its bucket as if all
// were spread evenly; beyond the last bound that bound. -1: nothing was counted.
std::int64_t quantile(const telemetry::histogram_totals& of, double share) noexcept;

}  // namespace gate::app
