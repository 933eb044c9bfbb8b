#include <gate/http/date.hpp>

#include <array>
#include <cstdio>

namespace gate::http {
namespace {

constexpr std::array<const char*, 7> days{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
constexpr std::array<const char*, 12> months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                             "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

}  // namespace

// By hand, because strftime follows the locale.
std::string_view date_text::at(std::chrono::system_clock::time_point now) noexcept {
    const auto second = std::chrono::floor<std::chrono::seconds>(now);
    if (second == shown_) return {text_, size};
    shown_ = second;
    const auto day = std::chrono::floor<std::chrono::days>(second);
    const std::chrono::year_month_day date(day);
    const std::chrono::hh_mm_ss time(second - day);
    std::snprintf(text_, sizeof text_, "%s, %02u %s %04d %02d:%02d:%02d GMT",
                  days[std::chrono::weekday(day).c_encoding()], static_cast<unsigned>(date.day()) % 100U,
                  months[static_cast<unsigned>(date.month()) - 1], static_cast<int>(date.year()) % 10000,
                  static_cast<int>(time.hours().count() % 100),
                  static_cast<int>(time.minutes().count() % 100),
                  static_cast<int>(time.seconds().count() % 100));
    return {text_, size};
}

}  // namespace gate::http
