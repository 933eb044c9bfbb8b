#pragma once
// RFC 3339 time stamps in UTC with milliseconds: 2026-01-31T23:59:59.123Z.

#include <gate/core/clock.hpp>

#include <array>
#include <cstddef>
#include <string>

namespace gate::telemetry {

// Keeps the text of the last second, so that most stamps cost three digits. One thread.
class timestamp_writer {
public:
    static constexpr std::size_t length = 24;

    // Writes exactly `length` bytes and returns the end of them. Years 1970 to 9999.
    char* write(char* out, core::wall_clock::time_point when) noexcept;

private:
    void format_second(std::chrono::sys_seconds second) noexcept;

    std::chrono::sys_seconds second_{std::chrono::seconds(-1)};
    std::array<char, length> text_{};
};

std::string timestamp_text(core::wall_clock::time_point when);

}  // namespace gate::telemetry
