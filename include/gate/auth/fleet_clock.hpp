#pragma once
// Where the store's clock stands against ours. Pure. Not thread-safe.
//
// Everything that is held is held by our own steady clock, and the store's times are turned into it when they
// come in. So what is held keeps its age when the store's clock jumps: seen from the store, it moves with the
// jump. The difference stays the same until a sample contradicts it by more than a sample can be wrong:
// between two jumps, of two times of the store the later one is the later one here, to the microsecond.
//
// The steady clock stands still while the machine sleeps. CLOCK_BOOTTIME does not, and tells for how long:
// what is held has become older by that.

#include <gate/auth/fleet.hpp>

#include <optional>

namespace gate::auth {

class fleet_clock {
public:
    // A sample that took longer says too little, unless it is the first: without any, nothing that others say
    // could be dated, and all of it would be passed over.
    static constexpr std::chrono::milliseconds slowest_sample{250};

    // Both of our clocks, read one after the other. For how long the machine has slept since the last call:
    // what is held becomes older by that.
    core::time_point::duration look(core::time_point now, store_span since_boot) noexcept;

    enum class kind : std::uint8_t { ignored, first, confirmed, jumped };
    kind sample(const clock_sample& from) noexcept;

    // Whether the store has ever told its time.
    bool is_known() const noexcept { return ahead_.has_value(); }

    // Precondition: is_known().
    core::time_point to_local(store_time when) const noexcept;
    store_time to_store(core::time_point when) const noexcept;

private:
    std::optional<store_span> slept_;  // CLOCK_BOOTTIME less the steady clock
    std::optional<store_span> ahead_;  // the store's time less CLOCK_BOOTTIME
};

}  // namespace gate::auth
