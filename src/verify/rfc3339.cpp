#include <gate/core/civil_time.hpp>
#include <gate/verify/rfc3339.hpp>

namespace gate::verify {
namespace {

using nanoseconds = std::chrono::nanoseconds;

using core::take;
using core::take_number;

bool take_date_and_time(std::string_view& text, core::civil_time& out) {
    return take_number(text, 4, out.year) && take(text, "-") && take_number(text, 2, out.month) &&
           take(text, "-") && take_number(text, 2, out.day) && (take(text, "T") || take(text, "t")) &&
           take_number(text, 2, out.hour) && take(text, ":") && take_number(text, 2, out.minute) &&
           take(text, ":") && take_number(text, 2, out.second);
}

// Digits after the ninth are read and dropped.
std::optional<nanoseconds> take_fraction(std::string_view& text) {
    if (!take(text, ".")) return nanoseconds{0};
    nanoseconds sum{0};
    nanoseconds unit{100'000'000};
    std::size_t digits = 0;
    while (const auto digit = take_number(text, 1)) {
        sum += *digit * unit;
        unit /= 10;
        ++digits;
    }
    if (digits == 0) return std::nullopt;
    return sum;
}

std::optional<std::chrono::minutes> take_offset(std::string_view& text) {
    if (take(text, "Z") || take(text, "z")) return std::chrono::minutes{0};
    const bool west = text.starts_with('-');
    if (!take(text, "+") && !take(text, "-")) return std::nullopt;
    int hours = 0;
    int minutes = 0;
    if (!take_number(text, 2, hours) || !take(text, ":") || !take_number(text, 2, minutes))
        return std::nullopt;
    if (hours > 23 || minutes > 59) return std::nullopt;
    const std::chrono::minutes offset{hours * 60 + minutes};
    return west ? -offset : offset;
}

}  // namespace

std::optional<core::wall_clock::time_point> parse_rfc3339(std::string_view text) {
    core::civil_time civil;
    if (!take_date_and_time(text, civil)) return std::nullopt;
    const auto fraction = take_fraction(text);
    if (!fraction) return std::nullopt;
    const auto offset = take_offset(text);
    if (!offset || !text.empty()) return std::nullopt;
    const auto local = core::to_seconds(civil);
    if (!local) return std::nullopt;
    const auto utc = *local - *offset;
    // A leap second ends a day of UTC: what follows it is midnight.
    if (civil.second == 60 && utc != std::chrono::floor<std::chrono::days>(utc)) return std::nullopt;
    return core::to_wall_time(utc) + std::chrono::duration_cast<core::wall_clock::duration>(*fraction);
}

}  // namespace gate::verify
