#include <gate/config/problem.hpp>
#include <gate/config/ratio.hpp>
#include <gate/config/telemetry_options.hpp>
#include <gate/core/text.hpp>

#include <algorithm>

namespace gate::config {
namespace {

using core::all_digits;

constexpr std::size_t most_decimals = 6;

}  // namespace

parsed<unsigned> parse_ratio(std::string_view text) {
    const auto point = std::min(text.find('.'), text.size());
    const auto whole = text.substr(0, point);
    const auto decimals = point < text.size() ? text.substr(point + 1) : std::string_view("0");
    if (!all_digits(whole) || !all_digits(decimals))
        return refusal{"needs a number from 0 to 1, such as 0.25, not " + in_quotes(text)};
    if (decimals.size() > most_decimals) return refusal{"must not have more than 6 digits after the point"};
    unsigned millionths = 0;
    for (std::size_t i = 0; i < most_decimals; ++i)
        millionths = millionths * 10 + (i < decimals.size() ? static_cast<unsigned>(decimals[i] - '0') : 0);
    if (whole == "0") return millionths;
    if (whole == "1" && millionths == 0) return whole_ratio;
    return refusal{"must be between 0 and 1"};
}

std::string format_ratio(unsigned millionths) {
    if (millionths % whole_ratio == 0) return std::to_string(millionths / whole_ratio);
    auto digits = std::to_string(whole_ratio + millionths).substr(1);
    digits.erase(digits.find_last_not_of('0') + 1);
    return "0." + digits;
}

}  // namespace gate::config
