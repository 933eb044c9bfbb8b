#pragma once
// A line of the log that may repeat without end is written once in a while, with the number of those that
// were left out.

#include <gate/core/clock.hpp>

#include <cstdint>
#include <optional>
#include <utility>

namespace gate::telemetry {

// Not thread-safe.
class line_pace {
public:
    static constexpr core::duration told_again_after{10'000};

    // Whether a line is due at `now`, and then how many have been left out since the last one. `in_any_case`:
    // it says something new.
    std::optional<std::uint64_t> next(core::time_point now, bool in_any_case = false) noexcept {
        if (!in_any_case && now < due_) {
            ++left_out_;
            return std::nullopt;
        }
        due_ = now + told_again_after;
        return std::exchange(left_out_, 0);
    }

private:
    core::time_point due_ = core::time_point::min();
    std::uint64_t left_out_ = 0;
};

}  // namespace gate::telemetry
