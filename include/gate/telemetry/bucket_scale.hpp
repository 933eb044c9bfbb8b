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

// Of the time that this program adds: some 30 us where the cache knows the token, a call to Gate where not.
inline constexpr bucket_scale overhead_bounds{{
    {std::chrono::microseconds(10), "1e-05"},
    {std::chrono::microseconds(25), "2.5e-05"},
    {std::chrono::microseconds(50), "5e-05"},
    {std::chrono::microseconds(100), "0.0001"},
    {std::chrono::microseconds(250), "0.00025"},
    {std::chrono::microseconds(500), "0.0005"},
    {std::chrono::milliseconds(1), "0.001"},
    {std::chrono::microseconds(2500), "0.0025"},
    {std::chrono::milliseconds(5), "0.005"},
    {std::chrono::milliseconds(10), "0.01"},
    {std::chrono::milliseconds(25), "0.025"},
    {std::chrono::milliseconds(50), "0.05"},
    {std::chrono::milliseconds(100), "0.1"},
    {std::chrono::milliseconds(250), "0.25"},
    {std::chrono::seconds(1), "1"},
    {std::chrono::seconds(5), "5"},
}};

// Of the ages of answers: finer up to the usual cache.ttl, up to the longest.
inline constexpr bucket_scale age_bounds{{
    {std::chrono::milliseconds(100), "0.1"},
    {std::chrono::seconds(1), "1"},
    {std::chrono::seconds(5), "5"},
    {std::chrono::seconds(10), "10"},
    {std::chrono::seconds(20), "20"},
    {std::chrono::seconds(30), "30"},
    {std::chrono::seconds(40), "40"},
    {std::chrono::seconds(50), "50"},
    {std::chrono::seconds(60), "60"},
    {std::chrono::seconds(90), "90"},
    {std::chrono::seconds(120), "120"},
    {std::chrono::seconds(300), "300"},
    {std::chrono::seconds(600), "600"},
    {std::chrono::seconds(1200), "1200"},
    {std::chrono::seconds(1800), "1800"},
    {std::chrono::seconds(3600), "3600"},
}};

}  // namespace gate::telemetry
