#pragma once
// The directives of Cache-Control that concern us (RFC 9111 5.2.2). Pure.

#include <chrono>
#include <optional>
#include <string_view>

namespace gate::verify {

struct cache_directives {
    std::optional<std::chrono::seconds> max_age;  // the smallest of several; too large: a year
    bool no_store = false;             // or no-cache, or private: all ask us not to keep the answer
    bool has_garbage_max_age = false;  // one that is no number: it counts as absent
};

// max-age may be quoted, and have blanks around its "=".
cache_directives parse_cache_control(std::string_view value);

}  // namespace gate::verify
