#pragma once
// The lowest value within a rolling window. Pure; not thread-safe.

#include <gate/core/clock.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace gate::auth {

// In slices, as rolling_count: a value is remembered for a slice longer at most, never shorter.
class rolling_low {
public:
    // memory: the longest span that may be asked for.
    explicit rolling_low(core::duration memory) noexcept : slice_((memory.count() + slices - 1) / slices) {}

    void add(std::int64_t value, core::time_point now) noexcept {
        const auto slice = now.time_since_epoch() / slice_;
        auto& place = lows_[static_cast<std::size_t>(slice % (slices + 1))];
        if (place.slice == slice && place.value <= value) return;
        place = {slice, value};
    }

    // Another memory: the lowest of the old one counts as if it were of now.
    void change_memory(core::duration old, core::duration memory, core::time_point now) noexcept {
        const auto lowest_now = lowest(now, old);
        *this = rolling_low(memory);
        if (lowest_now) add(*lowest_now, now);
    }

    // Of the last `span`; nothing if no value was added in it.
    std::optional<std::int64_t> lowest(core::time_point now, core::duration span) const noexcept {
        const auto current = now.time_since_epoch() / slice_;
        const auto oldest = current - std::min<std::int64_t>(slices, (span + slice_ / 2) / slice_);
        std::optional<std::int64_t> out;
        for (const auto& each : lows_) {
            if (each.slice < std::max<std::int64_t>(0, oldest)) continue;
            out = out ? std::min(*out, each.value) : each.value;
        }
        return out;
    }

private:
    static constexpr std::int64_t slices = 120;

    struct low {
        std::int64_t slice = -1;
        std::int64_t value = 0;
    };

    core::duration slice_;  // at least 1 ms
    std::array<low, static_cast<std::size_t>(slices) + 1> lows_{};
};

}  // namespace gate::auth
