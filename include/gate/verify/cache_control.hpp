#pragma once
// The two directives of Cache-Control that concern us (RFC 9111 5.2.2). Pure.

#include <chrono>
#include <optional>
#include <string_view>

namespace gate::verify {

struct cache_directives {
    std::optional<std::chrono::seconds> max_age;  // the smallest of several; too large: a year
    bool no_store = false;
};

// max-age may be quoted; one that is no number counts as 0: stale, as RFC 9111 4.2.1 advises.
cache_directives parse_cache_control(std::string_view value);

}  // namespace gate::verify
