#include <gate/app/page_history.hpp>

#include <algorithm>

namespace gate::app {
namespace {

using telemetry::histogram_totals;

std::int64_t milliseconds(core::wall_clock::time_point at) {
    return std::chrono::floor<std::chrono::milliseconds>(at.time_since_epoch()).count();
}

histogram_totals difference(const histogram_totals& now, const histogram_totals& before) {
    histogram_totals out;
    out.scale = now.scale;
    for (std::size_t i = 0; i < out.buckets.size(); ++i) out.buckets[i] = now.buckets[i] - before.buckets[i];
    out.nanoseconds = now.nanoseconds - before.nanoseconds;
    return out;
}

std::int64_t mean_overhead(const page_totals& now, const page_totals& before) {
    const auto all = difference(now.requests, before.requests);
    const auto count = static_cast<std::int64_t>(all.count());
    if (count == 0) return -1;
    const auto own = static_cast<std::int64_t>(all.nanoseconds) -
                     static_cast<std::int64_t>(difference(now.upstream, before.upstream).nanoseconds);
    return std::max<std::int64_t>(0, own / 1000 / count);
}

page_point point_between(const page_totals& before, const page_totals& now) {
    const auto since = [&](std::uint64_t page_totals::*which) {
        return static_cast<std::int64_t>(now.*which - before.*which);
    };
    page_point out;
    out.succeeded = since(&page_totals::succeeded);
    out.client_errors = since(&page_totals::client_errors);
    out.server_errors = since(&page_totals::server_errors);
    out.allowed = since(&page_totals::allowed);
    out.denied = since(&page_totals::denied);
    out.unavailable = since(&page_totals::unavailable);
    out.calls = since(&page_totals::calls);
    out.budget_left = now.budget_left;
    out.under_way = static_cast<std::int64_t>(now.under_way);
    const auto requests = difference(now.requests, before.requests);
    out.p50 = quantile(requests, 0.5);
    out.p99 = quantile(requests, 0.99);
    if (now.overhead) {
        const auto overhead = difference(*now.overhead, before.overhead.value_or(histogram_totals{}));
        out.overhead_p50 = quantile(overhead, 0.5);
        out.overhead_p99 = quantile(overhead, 0.99);
    } else {
        out.overhead_p50 = mean_overhead(now, before);
    }
    return out;
}

}  // namespace

void page_history::take(page_totals now, core::wall_clock::time_point at, core::time_point steady) {
    if (last_taken_) {
        auto point = point_between(last_, now);
        point.at = milliseconds(at);
        point.span = std::max<std::int64_t>(
            1, std::chrono::floor<std::chrono::milliseconds>(steady - *last_taken_).count());
        if (points_.size() < most_points) {
            points_.push_back(point);
        } else {
            points_[next_] = point;
            next_ = (next_ + 1) % most_points;
        }
        count_reasons(now);
    }
    last_taken_ = steady;
    last_ = now;
}

void page_history::count_reasons(const page_totals& now) {
    if (taken_++ % points_per_step == 0) {
        if (steps_.size() < most_points / points_per_step) {
            current_step_ = steps_.size();
            steps_.emplace_back();
        } else {
            current_step_ = (current_step_ + 1) % steps_.size();
            steps_[current_step_] = {};
        }
    }
    auto& into = steps_[current_step_];
    for (std::size_t i = 0; i < into.size(); ++i)
        into[i] += static_cast<std::uint32_t>(now.reasons[i] - last_.reasons[i]);
}

std::vector<page_point> page_history::points(std::size_t count) const {
    const auto shown = std::min(count, points_.size());
    std::vector<page_point> out;
    out.reserve(shown);
    for (auto i = points_.size() - shown; i < points_.size(); ++i)
        out.push_back(points_[(next_ + i) % points_.size()]);
    return out;
}

std::array<std::uint64_t, core::reason_count> page_history::recent_reasons() const {
    std::array<std::uint64_t, core::reason_count> out{};
    for (const auto& each : steps_)
        for (std::size_t i = 0; i < out.size(); ++i) out[i] += each[i];
    return out;
}

}  // namespace gate::app
