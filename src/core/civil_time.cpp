#include <gate/core/civil_time.hpp>
#include <gate/core/text.hpp>

#include <algorithm>

namespace gate::core {

using namespace std::chrono;

civil_time to_civil(sys_seconds when) noexcept {
    const auto midnight = floor<days>(when);
    const year_month_day date(midnight);
    const hh_mm_ss time(when - midnight);
    const auto number = [](auto part) { return static_cast<int>(static_cast<unsigned>(part)); };
    return {static_cast<int>(date.year()),
            number(date.month()),
            number(date.day()),
            static_cast<int>(time.hours().count()),
            static_cast<int>(time.minutes().count()),
            static_cast<int>(time.seconds().count())};
}

std::optional<sys_seconds> to_seconds(const civil_time& civil) {
    const year_month_day date(year(civil.year), month(static_cast<unsigned>(civil.month)),
                              day(static_cast<unsigned>(civil.day)));
    if (!date.ok() || civil.hour > 23 || civil.minute > 59 || civil.second > 60) return std::nullopt;
    return sys_days(date) + hours(civil.hour) + minutes(civil.minute) + seconds(civil.second);
}

wall_clock::time_point to_wall_time(sys_seconds seconds) {
    constexpr sys_seconds first = sys_days(year(1970) / 1 / 1);
    constexpr sys_seconds last = sys_days(year(2200) / 1 / 1);
    return time_point_cast<wall_clock::duration>(std::clamp(seconds, first, last));
}

char* write_digits(char* out, int value, int digits) noexcept {
    for (auto i = digits; i-- > 0; value /= 10) out[i] = static_cast<char>('0' + value % 10);
    return out + digits;
}

std::optional<int> take_number(std::string_view& text, std::size_t digits) {
    if (text.size() < digits) return std::nullopt;
    int value = 0;
    for (const char c : text.substr(0, digits)) {
        if (!is_digit(c)) return std::nullopt;
        value = value * 10 + (c - '0');
    }
    text.remove_prefix(digits);
    return value;
}

bool take_number(std::string_view& text, std::size_t digits, int& out) {
    const auto value = take_number(text, digits);
    if (value) out = *value;
    return value.has_value();
}

bool take(std::string_view& text, std::string_view expected) {
    if (!text.starts_with(expected)) return false;
    text.remove_prefix(expected.size());
    return true;
}

}  // namespace gate::core
