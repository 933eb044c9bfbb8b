#pragma once
// How long Gate's word on when to call again is taken for.

#include <algorithm>
#include <chrono>

namespace gate::auth {

// Without a usable Retry-After: the window is rolling and its length is not published, so a second is long
// enough to see whether room has come, and short enough not to lose it.
inline constexpr std::chrono::seconds default_retry_after{1};
// Gate's word is taken up to here: a mistake there must not stop us, or our clients, for a day.
inline constexpr std::chrono::seconds max_retry_after{3600};

// From Gate's Retry-After, 0 where there was none: how long it forbids calls.
constexpr std::chrono::seconds pause_of(std::chrono::seconds retry_after) noexcept {
    return retry_after.count() > 0 ? std::min(retry_after, max_retry_after) : default_retry_after;
}

}  // namespace gate::auth
