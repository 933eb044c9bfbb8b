#include <gate/telemetry/request_durations.hpp>

namespace gate::telemetry {

std::uint8_t request_durations::assign_slot(method verb, unsigned status) noexcept {
    const auto next = used_.load(std::memory_order_relaxed);
    if (next == slots) return full;
    keys_[next] = {verb, status};
    used_.store(next + 1, std::memory_order_release);
    return static_cast<std::uint8_t>(next);
}

void request_durations::add_to(std::map<key, histogram_totals>& totals) const {
    const auto used = used_.load(std::memory_order_acquire);
    if (const auto overflow = durations_[0].read(); overflow.count() != 0)
        totals[{method::other, 0}] += overflow;
    for (std::size_t i = 1; i < used; ++i) totals[keys_[i]] += durations_[i].read();
}

}  // namespace gate::telemetry
