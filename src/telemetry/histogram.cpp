#include <gate/telemetry/histogram.hpp>

#include <cassert>
#include <numeric>

namespace gate::telemetry {

std::uint64_t histogram_totals::count() const noexcept {
    return std::accumulate(buckets.begin(), buckets.end(), std::uint64_t{0});
}

histogram_totals& histogram_totals::operator+=(const histogram_totals& other) noexcept {
    assert(scale == other.scale && "the sum of counts between different bounds means nothing");
    for (std::size_t i = 0; i < buckets.size(); ++i) buckets[i] += other.buckets[i];
    nanoseconds += other.nanoseconds;
    return *this;
}

}  // namespace gate::telemetry
