#include <gate/core/civil_time.hpp>
#include <gate/emulator/time_text.hpp>

#include <array>
#include <charconv>
#include <utility>

namespace gate::emulator {
namespace {

using namespace std::chrono;

struct unit {
    std::string_view name;
    std::int64_t milliseconds;
};
constexpr std::array<unit, 5> units{
    {{"d", 86'400'000}, {"h", 3'600'000}, {"m", 60'000}, {"s", 1000}, {"ms", 1}}};
constexpr std::int64_t longest = 10 * 365 * units[0].milliseconds;

std::string digits(int value, int count) {
    std::string out(static_cast<std::size_t>(count), '0');
    core::write_digits(out.data(), value, count);
    return out;
}

std::string time_of_day(const core::civil_time& when) {
    return digits(when.hour, 2) + ":" + digits(when.minute, 2) + ":" + digits(when.second, 2);
}

// Reads fixed-width numbers and expected characters off the front of a text; remembers whether all went well.
class scanner {
public:
    explicit scanner(std::string_view text) : rest_(text) {}

    int number(std::size_t width) {
        int value = 0;
        if (rest_.size() < width) return fail();
        for (const char digit : rest_.substr(0, width)) {
            if (digit < '0' || digit > '9') return fail();
            value = value * 10 + (digit - '0');
        }
        rest_.remove_prefix(width);
        return value;
    }
    void expect(std::string_view any_of) {
        if (rest_.empty() || any_of.find(rest_.front()) == std::string_view::npos) {
            fail();
            return;
        }
        rest_.remove_prefix(1);
    }
    bool skip(char c) {
        if (rest_.empty() || rest_.front() != c) return false;
        rest_.remove_prefix(1);
        return true;
    }
    int fail() {
        failed_ = true;
        return 0;
    }
    char peek() const { return rest_.empty() ? '\0' : rest_.front(); }
    bool done() const { return !failed_ && rest_.empty(); }

private:
    std::string_view rest_;
    bool failed_ = false;
};

milliseconds read_fraction(scanner& in) {
    if (!in.skip('.')) return {};
    int value = 0;
    int digits = 0;
    while (in.peek() >= '0' && in.peek() <= '9') {
        const int digit = in.number(1);
        if (digits++ < 3) value = value * 10 + digit;
    }
    if (digits == 0) in.fail();
    for (; digits < 3; ++digits) value *= 10;
    return milliseconds(value);
}

minutes read_offset(scanner& in) {
    if (in.skip('Z') || in.skip('z')) return {};
    const int sign = in.peek() == '-' ? -1 : 1;
    in.expect("+-");
    const int hour = in.number(2);
    in.expect(":");
    const int minute = in.number(2);
    if (hour > 23 || minute > 59) in.fail();
    return minutes(sign * (hour * 60 + minute));
}

}  // namespace

std::string rfc3339(wall_time when) {
    const auto second = floor<seconds>(when);
    const auto civil = core::to_civil(second);
    const auto fraction = static_cast<int>(floor<milliseconds>(when - second).count());
    return digits(civil.year, 4) + "-" + digits(civil.month, 2) + "-" + digits(civil.day, 2) + "T" +
           time_of_day(civil) + "." + digits(fraction, 3) + "Z";
}

std::optional<wall_time> parse_rfc3339(std::string_view text) {
    scanner in(text);
    const int y = in.number(4);
    in.expect("-");
    const int m = in.number(2);
    in.expect("-");
    const int d = in.number(2);
    in.expect("Tt ");
    const int hour = in.number(2);
    in.expect(":");
    const int minute = in.number(2);
    in.expect(":");
    const int second = in.number(2);
    const milliseconds fraction = read_fraction(in);
    const minutes offset = read_offset(in);
    const auto local = core::to_seconds({y, m, d, hour, minute, second});
    if (!in.done() || !local) return std::nullopt;
    return *local + fraction - offset;
}

std::string http_date(wall_time when) {
    const auto second = floor<seconds>(when);
    const auto civil = core::to_civil(second);
    const weekday day(floor<days>(second));
    const auto month = core::month_names.at(static_cast<std::size_t>(civil.month) - 1);
    return std::string(core::day_names.at(day.c_encoding())) + ", " + digits(civil.day, 2) + " " +
           std::string(month) + " " + digits(civil.year, 4) + " " + time_of_day(civil) + " GMT";
}

std::optional<core::duration> parse_duration(std::string_view text) {
    std::int64_t value = 0;
    const char* const end = text.data() + text.size();
    const auto [rest, error] = std::from_chars(text.data(), end, value);
    if (error != std::errc() || value < 0) return std::nullopt;
    const std::string_view name(rest, static_cast<std::size_t>(end - rest));
    if (name.empty() && value == 0) return core::duration(0);
    for (const unit& known : units) {
        if (name != known.name) continue;
        if (value > longest / known.milliseconds) return std::nullopt;
        return core::duration(value * known.milliseconds);
    }
    return std::nullopt;
}

std::string duration_text(core::duration span) {
    for (const unit& known : units) {
        if (span.count() != 0 && span.count() % known.milliseconds == 0)
            return std::to_string(span.count() / known.milliseconds) + std::string(known.name);
    }
    return "0";
}

}  // namespace gate::emulator
