#include "number_patterns.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <string_view>

namespace config_schema {

namespace {

constexpr std::uint64_t most_digits = 1'000'000'000;  // as scalars.cpp reads numbers

struct unit {
    std::string_view name;
    std::uint64_t factor;
};
constexpr std::array<unit, 4> time_units{{{"ms", 1}, {"s", 1'000}, {"m", 60'000}, {"h", 3'600'000}}};
constexpr std::array<unit, 4> size_units{{{"B", 1}, {"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}}};

void add(std::string& alternatives, const std::string& one) {
    alternatives += (alternatives.empty() ? "" : "|") + one;
}

// The last number before each change of a leading digit: between two of these, each digit has a range of its
// own.
std::set<std::uint64_t> stops_between(std::uint64_t least, std::uint64_t most) {
    std::set<std::uint64_t> out{most};
    for (std::uint64_t power = 10;; power *= 10) {
        const auto stop = least / power * power + power - 1;  // nines at the end
        if (stop >= most) break;
        out.insert(stop);
    }
    for (std::uint64_t power = 10;; power *= 10) {
        const auto next = (most + 1) / power * power;  // zeros at the end
        if (next <= least + 1) break;
        out.insert(next - 1);
    }
    return out;
}

std::string digits_between(const std::string& from, const std::string& to) {
    std::string out;
    for (std::size_t i = 0; i < from.size(); ++i) {
        if (from[i] == to[i]) {
            out += from[i];
        } else {
            out += {'[', from[i], '-', to[i], ']'};
        }
    }
    return out;
}

std::uint64_t rounded_up(std::uint64_t value, std::uint64_t factor) {
    return (value + factor - 1) / factor;
}

// Whole numbers of the unit, and numbers with decimals.
std::string with_decimals(std::uint64_t least, std::uint64_t most, const unit& in) {
    std::string out;
    const auto first = rounded_up(least, in.factor), last = most / in.factor;
    if (first <= last) add(out, "0*(" + number_pattern(first, last) + ")(\\.0{1,6})?" + std::string(in.name));
    const auto below = rounded_up(most, in.factor);  // above the integral part of what lies below `most`
    if (in.factor > 1 && below > least / in.factor)
        add(out,
            "0*(" + number_pattern(least / in.factor, below - 1) + ")\\.[0-9]{1,6}" + std::string(in.name));
    return out;
}

std::string anchored(std::uint64_t least, const std::string& alternatives) {
    return "^(" + std::string(least == 0 ? "0|" : "") + alternatives + ")$";
}

std::string sizes(std::uint64_t least, std::uint64_t most, const std::string& after) {
    std::string out;
    for (const unit& in : size_units) {
        const auto first = rounded_up(least, in.factor), last = std::min(most / in.factor, most_digits);
        if (first <= last) add(out, "0*(" + number_pattern(first, last) + ")" + std::string(in.name) + after);
    }
    return anchored(least, out);
}

}  // namespace

std::string number_pattern(std::uint64_t least, std::uint64_t most) {
    std::string out;
    for (const auto stop : stops_between(least, most)) {
        add(out, digits_between(std::to_string(least), std::to_string(stop)));
        least = stop + 1;
    }
    return out;
}

std::string duration_pattern(gate::config::duration least, gate::config::duration most) {
    const auto low = static_cast<std::uint64_t>(least.count()),
               high = static_cast<std::uint64_t>(most.count());
    std::string out;
    for (const unit& in : time_units) {
        if (const auto one = with_decimals(low, high, in); !one.empty()) add(out, one);
    }
    return anchored(low, out);
}

std::string size_pattern(std::uint64_t least, std::uint64_t most) {
    return sizes(least, most, "");
}

std::string byte_rate_pattern(std::uint64_t least, std::uint64_t most) {
    return sizes(least, most, "/s");
}

std::string share_pattern(std::uint64_t least, std::uint64_t most) {
    return anchored(least, "0*(" + number_pattern(least, most) + ")%");
}

}  // namespace config_schema
