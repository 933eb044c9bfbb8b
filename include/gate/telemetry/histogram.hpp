#pragma once
// Distribution of durations over fixed buckets. One writer, any reader, like counter.

#include <gate/telemetry/bucket_scale.hpp>
#include <gate/telemetry/counter.hpp>

#include <array>
#include <bit>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace gate::telemetry {

// What a histogram held when it was read, or the sum of several of one scale. The last bucket has no upper
// bound; buckets are not cumulative.
struct histogram_totals {
    std::array<std::uint64_t, bucket_count> buckets{};
    std::uint64_t nanoseconds = 0;
    const bucket_scale* scale = &bucket_bounds;  // lives as long as the program

    std::uint64_t count() const noexcept;
    // Precondition: `other` has the same scale.
    histogram_totals& operator+=(const histogram_totals& other) noexcept;
    friend bool operator==(const histogram_totals&, const histogram_totals&) = default;
};

// Where the search for a duration's bucket begins, by the number of bits of its nanoseconds: the bucket of
// the shortest duration that has as many. Of the durations of a width, few bounds lie between.
using first_buckets = std::array<std::uint8_t, 65>;
constexpr first_buckets first_buckets_of(const bucket_scale& scale) noexcept {
    first_buckets out{};
    for (std::size_t width = 1; width < out.size(); ++width) {
        const auto shortest = std::uint64_t{1} << (width - 1);
        while (out[width] < scale.size() &&
               shortest > static_cast<std::uint64_t>(scale[out[width]].limit.count()))
            ++out[width];
    }
    return out;
}

template <const bucket_scale& Scale>
class basic_histogram {
public:
    // A negative duration counts as zero. Returns the bucket that it falls into.
    std::size_t observe(std::chrono::nanoseconds elapsed) noexcept {
        if (elapsed.count() < 0) elapsed = {};
        static constexpr auto first = first_buckets_of(Scale);
        std::size_t index = first[std::bit_width(static_cast<std::uint64_t>(elapsed.count()))];
        while (index < Scale.size() && elapsed > Scale[index].limit) ++index;
        buckets_[index].add();
        nanoseconds_.add(static_cast<std::uint64_t>(elapsed.count()));
        return index;
    }

    histogram_totals read() const noexcept {
        histogram_totals totals;
        for (std::size_t i = 0; i < buckets_.size(); ++i) totals.buckets[i] = buckets_[i].value();
        totals.nanoseconds = nanoseconds_.value();
        totals.scale = &Scale;
        return totals;
    }

private:
    std::array<counter, bucket_count> buckets_;
    counter nanoseconds_;
};

class histogram : public basic_histogram<bucket_bounds> {};  // no alias: metric_type has a histogram, too

}  // namespace gate::telemetry
