#pragma once
// The lowest value within a rolling window. Pure; not thread-safe.

#include <gate/core/clock.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace gate::auth {

// In slices, as rolling_count: a value is remembered for a window, and up to a 60th of one longer.
class rolling_low {
public:
    explicit rolling_low(core::duration window) noexcept : slice_(window / slices) {}

    void add(std::int64_t value, core::time_point now) noexcept {
        const auto slice = now.time_since_epoch() / slice_;
        auto& place = lows_[static_cast<std::size_t>(slice % (slices + 1))];
        if (place.slice == slice && place.value <= value) return;
        place = {slice, value};
    }

    // Nothing if no value was added within the window.
    std::optional<std::int64_t> lowest(core::time_point now) const noexcept {
        const auto current = now.time_since_epoch() / slice_;
        std::optional<std::int64_t> out;
        for (const auto& each : lows_) {
            if (each.slice < 0 || current - each.slice > slices) continue;
            out = out ? std::min(*out, each.value) : each.value;
        }
        return out;
    }

private:
    static constexpr std::int64_t slices = 60;

    struct low {
        std::int64_t slice = -1;
        std::int64_t value = 0;
    };

    core::duration slice_;  // at least 1 ms
    std::array<low, static_cast<std::size_t>(slices) + 1> lows_{};
};

}  // namespace gate::auth
