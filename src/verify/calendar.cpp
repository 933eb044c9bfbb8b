#include <gate/verify/calendar.hpp>

#include <algorithm>

namespace gate::verify {

std::optional<int> take_number(std::string_view& text, std::size_t digits) {
    if (text.size() < digits) return std::nullopt;
    int value = 0;
    for (const char c : text.substr(0, digits)) {
        if (c < '0' || c > '9') return std::nullopt;
        value = value * 10 + (c - '0');
    }
    text.remove_prefix(digits);
    return value;
}

bool take(std::string_view& text, std::string_view expected) {
    if (!text.starts_with(expected)) return false;
    text.remove_prefix(expected.size());
    return true;
}

std::optional<std::chrono::sys_seconds> to_seconds(const civil_time& civil) {
    using namespace std::chrono;
    const year_month_day date(year(civil.year), month(static_cast<unsigned>(civil.month)),
                              day(static_cast<unsigned>(civil.day)));
    if (!date.ok() || civil.hour > 23 || civil.minute > 59 || civil.second > 60) return std::nullopt;
    return sys_days(date) + hours(civil.hour) + minutes(civil.minute) + seconds(civil.second);
}

core::wall_clock::time_point to_wall_time(std::chrono::sys_seconds seconds) {
    using namespace std::chrono;
    constexpr sys_seconds first = sys_days(year(1970) / 1 / 1);
    constexpr sys_seconds last = sys_days(year(2200) / 1 / 1);
    return time_point_cast<core::wall_clock::duration>(std::clamp(seconds, first, last));
}

}  // namespace gate::verify
