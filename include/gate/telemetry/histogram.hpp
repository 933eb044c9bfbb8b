#pragma once
// Distribution of durations over fixed buckets. One writer, any reader, like counter.

#include <gate/telemetry/counter.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <string_view>

namespace gate::telemetry {

// The finite upper bounds, inclusive as in Prometheus, and how the exposition spells them (seconds).
struct bucket_bound {
    std::chrono::nanoseconds limit;
    std::string_view text;
};

inline constexpr std::array<bucket_bound, 16> bucket_bounds{{
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

// What a histogram held when it was read, or the sum of several. The last bucket has no upper bound; buckets
// are not cumulative.
struct histogram_totals {
    std::array<std::uint64_t, bucket_bounds.size() + 1> buckets{};
    std::uint64_t nanoseconds = 0;

    std::uint64_t count() const noexcept;
    histogram_totals& operator+=(const histogram_totals& other) noexcept;
    friend bool operator==(const histogram_totals&, const histogram_totals&) = default;
};

class histogram {
public:
    // A negative duration counts as zero. Fast requests end the search at the first bounds.
    void observe(std::chrono::nanoseconds elapsed) noexcept {
        if (elapsed.count() < 0) elapsed = {};
        std::size_t index = 0;
        while (index < bucket_bounds.size() && elapsed > bucket_bounds[index].limit) ++index;
        buckets_[index].add();
        nanoseconds_.add(static_cast<std::uint64_t>(elapsed.count()));
    }

    histogram_totals read() const noexcept;

private:
    std::array<counter, bucket_bounds.size() + 1> buckets_;
    counter nanoseconds_;
};

}  // namespace gate::telemetry
