#pragma once
// Durations of requests by method and status code, with the full code kept and the memory bounded.
//
// A histogram for each of 10 methods and 500 codes would take 700 KB per worker, and a scrape of 95 000
// lines. An API answers with a handful of pairs, so each pair that is seen gets one of 127 histograms (18
// KB), found by one load from a 5 KB index. When they are used up, which an upstream with very odd codes can
// bring about but no client, new pairs share the histogram `_OTHER`, `_OTHER`: the sum over all series stays
// right.

#include <gate/telemetry/histogram.hpp>
#include <gate/telemetry/labels.hpp>

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <utility>

namespace gate::telemetry {

class request_durations {
public:
    static constexpr unsigned lowest_status = 100;
    static constexpr unsigned highest_status = 599;
    static constexpr std::size_t slots = 128;  // the first is the overflow

    // A pair of method and status code; status 0 (with method `other`) is the overflow.
    using key = std::pair<method, unsigned>;

    // Called by the owner's thread alone. A status outside 100..599 goes to the overflow.
    void observe(method verb, unsigned status, std::chrono::nanoseconds elapsed) noexcept {
        durations_[slot_of(verb, status)].observe(elapsed);
    }

    // Adds what has been observed to `totals`. Thread-safe.
    void add_to(std::map<key, histogram_totals>& totals) const;

private:
    static constexpr std::size_t statuses = highest_status - lowest_status + 1;

    std::size_t slot_of(method verb, unsigned status) noexcept {
        if (status < lowest_status || status > highest_status) return 0;
        auto& slot = index_[index_of(verb)][status - lowest_status];
        if (slot == 0) slot = assign_slot(verb, status);
        return slot == full ? 0 : slot;
    }
    std::uint8_t assign_slot(method verb, unsigned status) noexcept;

    static constexpr std::uint8_t full = 0xFF;  // in index_: looked for a slot and found none
    static_assert(slots <= full);

    std::array<histogram, slots> durations_;
    std::array<std::array<std::uint8_t, statuses>, method_names.size()> index_{};  // 0: not seen; owner only
    std::array<key, slots> keys_{};  // keys_[i] is written before used_ passes i, and never again
    std::atomic<std::size_t> used_{1};
};

}  // namespace gate::telemetry
