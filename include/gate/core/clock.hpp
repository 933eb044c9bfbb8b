#pragma once
// The two clocks. Decisions take `now` as a parameter; only the edges of the program read a clock.

#include <chrono>

namespace gate::core {

using clock = std::chrono::steady_clock;       // intervals, deadlines, cache ages
using wall_clock = std::chrono::system_clock;  // time stamps, and what Gate says in RFC 3339

using time_point = clock::time_point;
using duration = std::chrono::milliseconds;

inline constexpr time_point never = time_point::max();

// now + span, or never when span is zero: how options spell "no limit".
inline time_point deadline_after(time_point now, duration span) {
    return span.count() == 0 ? never : now + span;
}

}  // namespace gate::core
