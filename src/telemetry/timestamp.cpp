#include <gate/core/civil_time.hpp>
#include <gate/telemetry/timestamp.hpp>

#include <cstring>

namespace gate::telemetry {
char* timestamp_writer::write(char* out, core::wall_clock::time_point when) noexcept {
    using namespace std::chrono;
    const auto second = floor<seconds>(when);
    if (second != second_) format_second(second);
    std::memcpy(out, text_.data(), length);
    core::write_digits(out + 20, static_cast<int>(floor<milliseconds>(when - second).count()), 3);
    return out + length;
}

void timestamp_writer::format_second(std::chrono::sys_seconds second) noexcept {
    const auto civil = core::to_civil(second);
    std::memcpy(text_.data(), "0000-00-00T00:00:00.000Z", length);
    core::write_digits(text_.data(), civil.year, 4);
    core::write_digits(text_.data() + 5, civil.month, 2);
    core::write_digits(text_.data() + 8, civil.day, 2);
    core::write_digits(text_.data() + 11, civil.hour, 2);
    core::write_digits(text_.data() + 14, civil.minute, 2);
    core::write_digits(text_.data() + 17, civil.second, 2);
    second_ = second;
}

std::string timestamp_text(core::wall_clock::time_point when) {
    std::string out(timestamp_writer::length, '\0');
    timestamp_writer().write(out.data(), when);
    return out;
}

}  // namespace gate::telemetry
