#include <gate/core/civil_time.hpp>
#include <gate/http/date.hpp>

#include <cstring>

namespace gate::http {

// By hand, because strftime follows the locale.
std::string_view date_text::at(std::chrono::system_clock::time_point now) noexcept {
    const auto second = std::chrono::floor<std::chrono::seconds>(now);
    if (second == shown_) return {text_, size};
    shown_ = second;
    const auto civil = core::to_civil(second);
    const std::chrono::weekday day(std::chrono::floor<std::chrono::days>(second));
    std::memcpy(text_, "Sun, 00 Jan 0000 00:00:00 GMT", size);
    core::day_names[day.c_encoding()].copy(text_, 3);
    core::write_digits(text_ + 5, civil.day, 2);
    core::month_names[static_cast<std::size_t>(civil.month) - 1].copy(text_ + 8, 3);
    core::write_digits(text_ + 12, civil.year, 4);
    core::write_digits(text_ + 17, civil.hour, 2);
    core::write_digits(text_ + 20, civil.minute, 2);
    core::write_digits(text_ + 23, civil.second, 2);
    return {text_, size};
}

}  // namespace gate::http
