#pragma once
// Date and time of day in UTC, in the proleptic Gregorian calendar. Pure; independent of locale and TZ.

#include <gate/core/clock.hpp>

#include <array>
#include <chrono>
#include <optional>
#include <string_view>

namespace gate::core {

// As HTTP dates name them (RFC 9110 5.6.7).
inline constexpr std::array<std::string_view, 7> day_names{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
inline constexpr std::array<std::string_view, 12> month_names{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                              "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

struct civil_time {
    int year = 0;
    int month = 0;  // 1..12
    int day = 0;    // 1..31
    int hour = 0;
    int minute = 0;
    int second = 0;  // 60: a leap second, taken for the second after it
};

civil_time to_civil(std::chrono::sys_seconds when) noexcept;

// Seconds since 1970. Nothing when there is no such day or time of day.
std::optional<std::chrono::sys_seconds> to_seconds(const civil_time& civil);

// The same as a point of the wall clock, clamped to the years 1970..2200: that clock counts 64-bit
// nanoseconds, and the difference of any two such points must not overflow them.
wall_clock::time_point to_wall_time(std::chrono::sys_seconds seconds);

// Writes the last `digits` decimal digits of `value` and returns the end of what was written.
char* write_digits(char* out, int value, int digits) noexcept;

// The first `digits` characters of `text` as a number, taken off it. Nothing when one of them is no digit.
std::optional<int> take_number(std::string_view& text, std::size_t digits);
// The same into `out`, which is left alone when there is no such number.
bool take_number(std::string_view& text, std::size_t digits, int& out);

// Takes `expected` off the front of `text`, if it is there.
bool take(std::string_view& text, std::string_view expected);

}  // namespace gate::core
