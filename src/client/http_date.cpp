#include <gate/client/http_date.hpp>
#include <gate/core/civil_time.hpp>
#include <gate/core/text.hpp>

#include <algorithm>
#include <array>

namespace gate::client {
namespace {

using core::take;
using core::take_number;

constexpr std::chrono::seconds a_year{31'536'000};

constexpr std::array<std::string_view, 7> long_days{"Monday", "Tuesday",  "Wednesday", "Thursday",
                                                    "Friday", "Saturday", "Sunday"};

template <std::size_t N>
bool take_name(std::string_view& text, const std::array<std::string_view, N>& names, int* number = nullptr) {
    for (std::size_t i = 0; i < N; ++i) {
        if (!take(text, names[i])) continue;
        if (number != nullptr) *number = static_cast<int>(i) + 1;
        return true;
    }
    return false;
}

bool take_time(std::string_view& text, core::civil_time& out) {
    return take_number(text, 2, out.hour) && take(text, ":") && take_number(text, 2, out.minute) &&
           take(text, ":") && take_number(text, 2, out.second);
}

// Sun, 06 Nov 1994 08:49:37 GMT
bool read_imf_fixdate(std::string_view text, core::civil_time& out) {
    return take_name(text, core::day_names) && take(text, ", ") && take_number(text, 2, out.day) &&
           take(text, " ") && take_name(text, core::month_names, &out.month) && take(text, " ") &&
           take_number(text, 4, out.year) && take(text, " ") && take_time(text, out) && text == " GMT";
}

// Sunday, 06-Nov-94 08:49:37 GMT
bool read_rfc850(std::string_view text, core::civil_time& out) {
    return take_name(text, long_days) && take(text, ", ") && take_number(text, 2, out.day) &&
           take(text, "-") && take_name(text, core::month_names, &out.month) && take(text, "-") &&
           take_number(text, 2, out.year) && take(text, " ") && take_time(text, out) && text == " GMT";
}

// Sun Nov  6 08:49:37 1994
bool read_asctime(std::string_view text, core::civil_time& out) {
    if (!take_name(text, core::day_names) || !take(text, " ") ||
        !take_name(text, core::month_names, &out.month))
        return false;
    const bool has_day =
        take(text, "  ") ? take_number(text, 1, out.day) : take(text, " ") && take_number(text, 2, out.day);
    return has_day && take(text, " ") && take_time(text, out) && take(text, " ") &&
           take_number(text, 4, out.year) && text.empty();
}

// RFC 9110 5.6.7: the last year with these digits that lies at most 50 years ahead.
int full_year(int two_digits, core::wall_clock::time_point wall_now) {
    const std::chrono::year_month_day today(std::chrono::floor<std::chrono::days>(wall_now));
    const int now = static_cast<int>(today.year());
    const int year = now - now % 100 + two_digits;
    if (year > now + 50) return year - 100;
    return year <= now - 50 ? year + 100 : year;
}

std::optional<std::chrono::seconds> read_seconds(std::string_view text) {
    std::chrono::seconds sum{0};
    while (const auto digit = take_number(text, 1))
        sum = std::min(sum * 10 + std::chrono::seconds(*digit), a_year);
    if (!text.empty()) return std::nullopt;
    return sum;
}

}  // namespace

std::optional<core::wall_clock::time_point> parse_http_date(std::string_view text,
                                                            core::wall_clock::time_point wall_now) {
    core::civil_time civil;
    bool read = read_imf_fixdate(text, civil) || read_asctime(text, civil);
    if (!read && read_rfc850(text, civil)) {
        civil.year = full_year(civil.year, wall_now);
        read = true;
    }
    if (!read) return std::nullopt;
    const auto seconds = core::to_seconds(civil);
    if (!seconds) return std::nullopt;
    return core::to_wall_time(*seconds);
}

std::optional<std::chrono::seconds> parse_retry_after(std::string_view text,
                                                      core::wall_clock::time_point wall_now) {
    text = core::trim(text);
    if (text.empty()) return std::nullopt;
    if (const auto seconds = read_seconds(text)) return seconds;
    const auto date = parse_http_date(text, wall_now);
    if (!date) return std::nullopt;
    return std::max(std::chrono::ceil<std::chrono::seconds>(*date - wall_now), std::chrono::seconds{0});
}

}  // namespace gate::client
