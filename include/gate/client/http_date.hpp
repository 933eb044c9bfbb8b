#pragma once
// HTTP-date and Retry-After. Pure.

#include <gate/core/clock.hpp>

#include <chrono>
#include <optional>
#include <string_view>

namespace gate::client {

// RFC 9110 5.6.7: all three forms (IMF-fixdate, RFC 850, asctime). `wall_now` settles the century of a
// two-digit year.
std::optional<core::wall_clock::time_point> parse_http_date(std::string_view text,
                                                            core::wall_clock::time_point wall_now);

// RFC 9110 10.2.3: seconds, or the time left until a date (rounded up; 0 if it has passed). Nothing for
// anything else. A number that is too large for its type counts as a year.
std::optional<std::chrono::seconds> parse_retry_after(std::string_view text,
                                                      core::wall_clock::time_point wall_now);

}  // namespace gate::client
