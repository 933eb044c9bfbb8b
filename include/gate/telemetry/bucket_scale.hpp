#pragma once
// The bounds between the buckets of a histogram. All histograms have as many buckets, so that one type holds
// what any of them has counted.

#include <array>
#include <chrono>
#include <cstddef>
#include <string_view>

namespace gate::telemetry {

// A finite upper bound, inclusive as in Prometheus, and how its text format spells it (seconds).
struct bucket_bound {
    std::chrono::nanoseconds limit;
    std::string_view text;
};

// In ascending order. Above the last bound there is one bucket more.
using bucket_scale = std::array<bucket_bound, 16>;
inline constexpr std::size_t bucket_count = std::tuple_size_v<bucket_scale> + 1;

// Of requests, and of whatever else waits for another machine.
inline constexpr bucket_scale bucket_bounds{{
    {std::chrono::microseconds(500), "0.0005"},
    {std::chrono::milliseconds(1), "0.001"},
    {std::chrono::microseconds(2500), "0.0025"},
    {std::chrono::milliseconds(5), "0.005"},
    {std::chrono::milliseconds(10), "0.01"},
    {std::chrono::milliseconds(25), "0.025"},
    {std::chrono::milliseconds(50), "0.05"},
    {std::chrono::milliseconds(100), "0.1"},
    {std::chrono::milliseconds(250), "0.25"},
    {std::chrono::milliseconds(500), "0.5"},
    {std::chrono::seconds(1), "1"},
    {std::chrono::milliseconds(2500), "2.5"},
    {std::chrono::seconds(5), "5"},
    {std::chrono::seconds(10), "10"},
    {std::chrono::seconds(30), "30"},
    {std::chrono::seconds(60), "60"},
}};

}  // namespace gate::telemetry
