#include <gate/telemetry/timestamp.hpp>

#include <cstring>

namespace gate::telemetry {
namespace {

void put_digits(char* out, unsigned value, std::size_t digits) {
    for (auto i = digits; i-- > 0; value /= 10) out[i] = static_cast<char>('0' + value % 10);
}

}  // namespace

char* timestamp_writer::write(char* out, core::wall_clock::time_point when) noexcept {
    using namespace std::chrono;
    const auto second = floor<seconds>(when);
    if (second != second_) format_second(second);
    std::memcpy(out, text_.data(), length);
    put_digits(out + 20, static_cast<unsigned>(floor<milliseconds>(when - second).count()), 3);
    return out + length;
}

void timestamp_writer::format_second(std::chrono::sys_seconds second) noexcept {
    using namespace std::chrono;
    const auto day = floor<days>(second);
    const year_month_day date(day);
    const hh_mm_ss time(second - day);
    std::memcpy(text_.data(), "0000-00-00T00:00:00.000Z", length);
    put_digits(text_.data(), static_cast<unsigned>(static_cast<int>(date.year())), 4);
    put_digits(text_.data() + 5, static_cast<unsigned>(date.month()), 2);
    put_digits(text_.data() + 8, static_cast<unsigned>(date.day()), 2);
    put_digits(text_.data() + 11, static_cast<unsigned>(time.hours().count()), 2);
    put_digits(text_.data() + 14, static_cast<unsigned>(time.minutes().count()), 2);
    put_digits(text_.data() + 17, static_cast<unsigned>(time.seconds().count()), 2);
    second_ = second;
}

}  // namespace gate::telemetry
