#include <gate/telemetry/histogram.hpp>

#include <numeric>

namespace gate::telemetry {

std::uint64_t histogram_totals::count() const noexcept {
    return std::accumulate(buckets.begin(), buckets.end(), std::uint64_t{0});
}

histogram_totals& histogram_totals::operator+=(const histogram_totals& other) noexcept {
    for (std::size_t i = 0; i < buckets.size(); ++i) buckets[i] += other.buckets[i];
    nanoseconds += other.nanoseconds;
    return *this;
}

histogram_totals histogram::read() const noexcept {
    histogram_totals totals;
    for (std::size_t i = 0; i < buckets_.size(); ++i) totals.buckets[i] = buckets_[i].value();
    totals.nanoseconds = nanoseconds_.value();
    return totals;
}

}  // namespace gate::telemetry
