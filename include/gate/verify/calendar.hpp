#pragma once
// What the two spellings of time share.

#include <gate/core/clock.hpp>

#include <chrono>
#include <optional>
#include <string_view>

namespace gate::verify {

// The first `digits` characters of `text` as a number, taken off it. Nothing when one of them is no digit.
std::optional<int> take_number(std::string_view& text, std::size_t digits);

// Takes `expected` off the front of `text`, if it is there.
bool take(std::string_view& text, std::string_view expected);

struct civil_time {
    int year = 0;
    int month = 0;  // 1..12
    int day = 0;    // 1..31
    int hour = 0;
    int minute = 0;
    int second = 0;  // 60: a leap second, taken for the second after it
};

// Seconds since 1970 in UTC. Nothing when there is no such day or time of day.
std::optional<std::chrono::sys_seconds> to_seconds(const civil_time& civil);

// The same as a point of the wall clock, clamped to the years 1970..2200: that clock counts 64-bit
// nanoseconds, and the difference of any two such points must not overflow them.
core::wall_clock::time_point to_wall_time(std::chrono::sys_seconds seconds);

}  // namespace gate::verify
