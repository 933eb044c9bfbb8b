#pragma once
// An exemplar: a request of a bucket whose trace somebody keeps, so that a reader of the histogram finds one
// of the requests that it counts (OpenMetrics, "Exemplars").
//
// A bucket keeps its last one; a newer one takes its place after `exemplar_pause`, because one in a second is
// more than any scrape reads. One writer, any reader: the fields are atomic, and a count that is odd while
// they change tells a reader that what it has read may belong to two requests.

#include <gate/core/clock.hpp>
#include <gate/telemetry/bucket_scale.hpp>

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

namespace gate::telemetry {

using trace_id_text = std::array<char, 32>;  // lower-case hex

inline constexpr std::chrono::seconds exemplar_pause{1};

struct exemplar {
    trace_id_text trace_id;
    std::chrono::nanoseconds value;  // what was observed
    core::time_point at;
};

// The trace of a request that has ended.
struct sampled_trace {
    std::string_view id;  // 32 hex digits; empty: it has none, or nobody keeps it
    core::time_point at;  // when the request ended
};

class exemplar_slot {
public:
    // Called by the owner's thread alone.
    void put(const exemplar& one) noexcept;
    bool is_due(core::time_point now) const noexcept {
        return now.time_since_epoch().count() - at_.load(std::memory_order_relaxed) >= pause;
    }

    // Nothing: there is none, or it was being replaced at each of a few looks. Thread-safe.
    std::optional<exemplar> read() const noexcept;

private:
    using word = std::uint64_t;
    static constexpr auto pause = core::time_point::duration(exemplar_pause).count();

    std::atomic<word> changes_{0};  // odd while the others change; 0: nothing has been put
    std::array<std::atomic<word>, sizeof(trace_id_text) / sizeof(word)> trace_id_{};
    std::atomic<std::int64_t> nanoseconds_{0};
    std::atomic<core::time_point::rep> at_{-pause};
};

using exemplar_slots = std::array<exemplar_slot, bucket_count>;

// The newest one of each bucket, as read from one worker or from several.
using bucket_exemplars = std::array<std::optional<exemplar>, bucket_count>;

}  // namespace gate::telemetry
