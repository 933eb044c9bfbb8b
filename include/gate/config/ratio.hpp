#pragma once
// Numbers from 0 to 1, in millionths.

#include <gate/config/scalars.hpp>

#include <string>
#include <string_view>

namespace gate::config {

// A decimal number with at most six digits after the point: 0, 0.25, 1. No sign, no exponent.
parsed<unsigned> parse_ratio(std::string_view text);

// The form that parse_ratio reads, as short as can be.
std::string format_ratio(unsigned millionths);

}  // namespace gate::config
