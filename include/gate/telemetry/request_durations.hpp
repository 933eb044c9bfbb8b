#pragma once
// Durations of requests by method and status code, with the full code kept and the memory bounded.
//
// A histogram for each of 10 methods and 500 codes would take 700 KB, and a scrape of 95 000 lines; for each
// name of a route, and each worker. An API answers with a handful of pairs, so each pair that occurs gets a
// histogram, made in blocks of 8 (1 KB) when one is first needed, and found in a table of 256 bytes. When
// `most` of them are used up, which an upstream with very odd codes can bring about, and a client with odd
// methods where there are few, new pairs share the histogram `_OTHER`, `_OTHER`: the sum over all series
// stays right.

#include <gate/telemetry/labels.hpp>
#include <gate/telemetry/traced_histogram.hpp>

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

    // Keeps `most` pairs apart, the overflow among them: at most `slots`.
    explicit request_durations(std::size_t most = slots) noexcept : most_(most) {}
    ~request_durations();
    request_durations(const request_durations&) = delete;
    request_durations& operator=(const request_durations&) = delete;

    // Called by the owner's thread alone. A status outside 100..599 goes to the overflow.
    void observe(method verb, unsigned status, std::chrono::nanoseconds elapsed,
                 const sampled_trace& by = {}) noexcept {
        histogram_of(verb, status).observe(elapsed, by);
    }

    // Adds what has been observed to `totals`. Thread-safe.
    void add_to(std::map<key, traced_totals>& totals) const;

private:
    static constexpr std::size_t block_size = 8;
    static constexpr std::size_t places = 256;  // of them at most half are taken: a search ends soon
    static_assert(slots % block_size == 0 && slots <= places / 2);

    using packed_key = std::uint16_t;
    using block = std::array<traced_histogram, block_size>;

    static constexpr packed_key pack(method verb, unsigned status) noexcept {
        return static_cast<packed_key>(status << 4 | index_of(verb));
    }
    static constexpr std::size_t place_of(packed_key wanted) noexcept {
        return (wanted * 0x9E37'79B1U) >> 24;
    }

    traced_histogram& histogram_of(method verb, unsigned status) noexcept {
        if (status - lowest_status > highest_status - lowest_status) return overflow_;
        const auto wanted = pack(verb, status);
        for (auto at = place_of(wanted);; at = (at + 1) % places) {
            const auto slot = index_[at];
            if (slot == 0) return add(wanted, at);
            if (keys_[slot] == wanted)
                return (*blocks_[slot / block_size].load(std::memory_order_relaxed))[slot % block_size];
        }
    }
    traced_histogram& add(packed_key wanted, std::size_t place) noexcept;

    const std::size_t most_;
    std::array<std::uint8_t, places> index_{};  // 0: free; the owner's thread alone
    std::array<packed_key, slots> keys_{};      // keys_[i] is written before used_ passes i, and never again
    std::atomic<std::size_t> used_{1};
    std::array<std::atomic<block*>, slots / block_size> blocks_{};  // likewise
    traced_histogram overflow_;
};

}  // namespace gate::telemetry
