#include <gate/config/problem.hpp>
#include <gate/config/scalars.hpp>
#include <gate/core/text.hpp>

#include <algorithm>
#include <array>
#include <charconv>

namespace gate::config {

namespace {

using core::all_digits;

struct unit {
    std::string_view name;
    std::uint64_t factor;
};

constexpr std::array<unit, 4> time_units{
    {{"ms", 1'000}, {"s", 1'000'000}, {"m", 60'000'000}, {"h", 3'600'000'000}}};
constexpr std::array<unit, 4> size_units{{{"B", 1}, {"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}}};

const unit* find_unit(const std::array<unit, 4>& units, std::string_view name) {
    const auto found =
        std::find_if(units.begin(), units.end(), [&](const unit& u) { return u.name == name; });
    return found == units.end() ? nullptr : &*found;
}

// "1.5s" -> "1.5", "s"
std::pair<std::string_view, std::string_view> split_unit(std::string_view text) {
    const auto end = std::min(text.find_first_not_of("0123456789."), text.size());
    return {text.substr(0, end), text.substr(end)};
}

parsed<std::uint64_t> digits_to_number(std::string_view digits) {
    std::uint64_t value = 0;
    const auto [end, ec] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    // Far above every range of ours, and low enough that no unit makes it overflow.
    if (ec != std::errc() || value > 1'000'000'000) return refusal{in_quotes(digits) + " is too large"};
    return value;
}

// 10^exponent for the six decimals that are read.
std::uint64_t power_of_ten(std::size_t exponent) {
    std::uint64_t value = 1;
    while (exponent-- > 0) value *= 10;
    return value;
}

// The decimals of a number, scaled by `factor`.
parsed<std::uint64_t> scaled_fraction(std::string_view decimals, std::uint64_t factor) {
    constexpr std::size_t longest = 6;
    if (!all_digits(decimals) || decimals.size() > longest)
        return refusal{"needs 1 to 6 digits after the point"};
    const auto number = digits_to_number(decimals);
    const auto divisor = power_of_ten(decimals.size());
    if (*number * factor % divisor != 0) return refusal{"must be a whole number of milliseconds"};
    return *number * factor / divisor;
}

std::string number_refusal(std::string_view text) {
    if (all_digits(text)) return "needs a decimal number without leading zeros, not " + in_quotes(text);
    return "needs a whole decimal number, not " + in_quotes(text);
}

}  // namespace

parsed<bool> parse_boolean(std::string_view text) {
    if (text == "true") return true;
    if (text == "false") return false;
    return refusal{"needs true or false, not " + in_quotes(text)};
}

parsed<std::uint64_t> parse_count(std::string_view text) {
    if (!all_digits(text) || (text.size() > 1 && text.front() == '0')) return refusal{number_refusal(text)};
    return digits_to_number(text);
}

parsed<duration> parse_duration(std::string_view text) {
    if (text == "0") return duration::zero();
    const auto [number, name] = split_unit(text);
    const auto point = std::min(number.find('.'), number.size());
    const auto whole_digits = number.substr(0, point);
    if (!all_digits(whole_digits)) return refusal{"needs a duration, such as 60s, not " + in_quotes(text)};
    if (name.empty()) return refusal{"needs a unit, such as " + std::string(number) + "s (ms, s, m, h)"};
    const unit* const in = find_unit(time_units, name);
    if (!in) return refusal{"has the unknown unit " + in_quotes(name) + "; use ms, s, m or h"};

    const auto whole = digits_to_number(whole_digits);
    if (!whole) return refusal{whole.error()};
    std::uint64_t micros = *whole * in->factor;
    if (point < number.size()) {
        const auto fraction = scaled_fraction(number.substr(point + 1), in->factor);
        if (!fraction) return refusal{fraction.error()};
        micros += *fraction;
    }
    if (micros % 1000 != 0) return refusal{"must be a whole number of milliseconds"};
    return duration(static_cast<duration::rep>(micros / 1000));
}

parsed<std::uint64_t> parse_size(std::string_view text) {
    if (text == "0") return std::uint64_t{0};
    const auto [number, name] = split_unit(text);
    if (!all_digits(number))
        return refusal{"needs a whole number and a unit, such as 16KiB, not " + in_quotes(text)};
    if (name.empty()) return refusal{"needs a unit, such as " + std::string(number) + "B (B, KiB, MiB, GiB)"};
    const unit* const in = find_unit(size_units, name);
    if (!in && (name == "KB" || name == "kB" || name == "MB" || name == "GB")) {
        return refusal{"has the ambiguous unit " + in_quotes(name) + "; write " +
                       static_cast<char>(name[0] == 'k' ? 'K' : name[0]) + "iB, which is a power of 1024"};
    }
    if (!in) return refusal{"has the unknown unit " + in_quotes(name) + "; use B, KiB, MiB or GiB"};
    const auto count = digits_to_number(number);
    if (!count) return refusal{count.error()};
    return *count * in->factor;
}

parsed<std::uint64_t> parse_byte_rate(std::string_view text) {
    constexpr std::string_view per_second = "/s";
    if (text == "0") return std::uint64_t{0};
    const bool has_span = text.ends_with(per_second);
    const auto size = has_span ? text.substr(0, text.size() - per_second.size()) : text;
    const auto [number, name] = split_unit(size);
    if (!all_digits(number))
        return refusal{"needs a whole number and a unit, such as 500B/s, not " + in_quotes(text)};
    if (name.empty())
        return refusal{"needs a unit, such as " + std::string(number) + "B/s (B/s, KiB/s, MiB/s, GiB/s)"};
    if (!has_span || find_unit(size_units, name) == nullptr) {
        const auto given = text.substr(number.size());
        return refusal{"has the unknown unit " + in_quotes(given) + "; use B/s, KiB/s, MiB/s or GiB/s"};
    }
    return parse_size(size);
}

parsed<std::uint64_t> parse_share(std::string_view text) {
    if (text == "0") return std::uint64_t{0};
    const auto [number, name] = split_unit(text);
    if (!all_digits(number)) return refusal{"needs a share, such as 50%, not " + in_quotes(text)};
    if (name.empty()) return refusal{"needs a unit, such as " + std::string(number) + "%"};
    if (name != "%") return refusal{"has the unknown unit " + in_quotes(name) + "; use %"};
    return digits_to_number(number);
}

std::string format_duration(duration value) {
    const auto ms = value.count();
    if (ms % 1000 != 0) return std::to_string(ms) + "ms";
    if (ms != 0 && ms % 3'600'000 == 0) return std::to_string(ms / 3'600'000) + "h";
    if (ms > 60'000 && ms % 60'000 == 0) return std::to_string(ms / 60'000) + "m";
    return std::to_string(ms / 1000) + "s";
}

std::string format_size(std::uint64_t bytes) {
    const unit* best = &size_units[0];
    for (const unit& candidate : size_units) {
        if (bytes != 0 && bytes % candidate.factor == 0) best = &candidate;
    }
    return std::to_string(bytes / best->factor) + std::string(best->name);
}

std::string format_byte_rate(std::uint64_t bytes_per_second) {
    return format_size(bytes_per_second) + "/s";
}

std::string format_share(std::uint64_t percent) {
    return std::to_string(percent) + "%";
}

}  // namespace gate::config
