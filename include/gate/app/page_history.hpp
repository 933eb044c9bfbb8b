#pragma once
// What the charts of the page show: the last 15 minutes, a point for each second. Filled from snapshots of
// the metrics, on no request's path; its memory is bounded. Pure.

#include <gate/app/page_totals.hpp>
#include <gate/core/clock.hpp>

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace gate::app {

// What has happened since the point before. Durations in microseconds; -1: not known.
struct page_point {
    std::int64_t at = 0;    // milliseconds since 1970
    std::int64_t span = 0;  // milliseconds since the point before
    std::int64_t succeeded = 0;
    std::int64_t client_errors = 0;
    std::int64_t server_errors = 0;
    std::int64_t allowed = 0;
    std::int64_t denied = 0;
    std::int64_t unavailable = 0;
    std::int64_t calls = 0;
    std::int64_t budget_left = -1;
    std::int64_t under_way = 0;
    std::int64_t p50 = -1;
    std::int64_t p99 = -1;
    std::int64_t overhead_p50 = -1;  // of the part of a request's time that is not the upstream's; where that
    std::int64_t overhead_p99 = -1;  // is not counted by itself, the mean, and -1
};

struct page_column {
    std::string_view name;
    std::int64_t page_point::*value;
};

// In the order in which a point is shown.
inline constexpr std::array<page_column, 15> page_columns{{
    {"at", &page_point::at},
    {"span", &page_point::span},
    {"succeeded", &page_point::succeeded},
    {"client_errors", &page_point::client_errors},
    {"server_errors", &page_point::server_errors},
    {"allowed", &page_point::allowed},
    {"denied", &page_point::denied},
    {"unavailable", &page_point::unavailable},
    {"calls", &page_point::calls},
    {"budget_left", &page_point::budget_left},
    {"under_way", &page_point::under_way},
    {"p50", &page_point::p50},
    {"p99", &page_point::p99},
    {"overhead_p50", &page_point::overhead_p50},
    {"overhead_p99", &page_point::overhead_p99},
}};

// Not thread-safe.
class page_history {
public:
    static constexpr std::size_t most_points = 900;
    // Reasons are counted in steps of so many points, which is enough for a sum over all of them.
    static constexpr std::size_t points_per_step = 10;

    // Another moment: the first one is what the next is compared with. `at` is shown; by `steady` the time
    // between two moments is measured, whatever is done to the other clock.
    void take(page_totals now, core::wall_clock::time_point at, core::time_point steady);

    // The oldest first; at most `count` of the newest.
    std::vector<page_point> points(std::size_t count = most_points) const;

    // How often each reason has occurred in the time of the points.
    std::array<std::uint64_t, core::reason_count> recent_reasons() const;

private:
    using step = std::array<std::uint32_t, core::reason_count>;

    void count_reasons(const page_totals& now);

    std::optional<core::time_point> last_taken_;
    page_totals last_;
    std::vector<page_point> points_;  // a ring, once it is full
    std::size_t next_ = 0;            // the oldest
    std::vector<step> steps_;         // a ring, too
    std::size_t current_step_ = 0;
    std::size_t taken_ = 0;
};

}  // namespace gate::app
