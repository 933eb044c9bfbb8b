#pragma once
// Points in time and spans of time as text: RFC 3339, HTTP dates (RFC 9110 5.6.7) and durations with a unit.

#include <gate/core/clock.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace gate::emulator {

using wall_time = core::wall_clock::time_point;

// Both clocks at one moment, read once per call.
struct instant {
    core::time_point steady;
    wall_time wall;
    static instant now() { return {core::clock::now(), core::wall_clock::now()}; }
};

// 2026-03-25T10:00:00.000Z
std::string rfc3339(wall_time when);

// Accepts a fraction (cut to milliseconds) and `Z` or a numeric offset; anything else: nothing.
std::optional<wall_time> parse_rfc3339(std::string_view text);

// Wed, 25 Mar 2026 10:00:00 GMT
std::string http_date(wall_time when);

// A whole number with a unit: ms, s, m, h or d; a bare 0 too. At most 10 years, never negative.
std::optional<core::duration> parse_duration(std::string_view text);

// The shortest text that parse_duration reads back as `span`.
std::string duration_text(core::duration span);

}  // namespace gate::emulator
