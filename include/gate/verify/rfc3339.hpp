#pragma once
// Points in time as Gate spells them. Pure; the proleptic Gregorian calendar, UTC.

#include <gate/core/clock.hpp>

#include <optional>
#include <string_view>

namespace gate::verify {

// RFC 3339 5.6: date, "T", time, any number of fractional digits, "Z" or an offset; lower case too. A leap
// second (23:59:60 UTC) is taken for the second after it. Nothing for what is not of this form or no date.
std::optional<core::wall_clock::time_point> parse_rfc3339(std::string_view text);

}  // namespace gate::verify
