#pragma once
// The limit on calls: one rolling window for the whole organization. Pure; the caller says what time it is.
//
// A call is admitted while fewer than `limit` calls lie in the last `window`. The call that is refused first
// starts a cool-down of Retry-After seconds. A call made before it has passed is refused *and counts*, so it
// can lengthen the cool-down: a caller that keeps calling is never allowed again.

#include <gate/core/clock.hpp>

#include <chrono>
#include <deque>

namespace gate::emulator {

struct admission {
    bool allowed = true;
    std::size_t limit = 0;  // 0: no limit, nothing to report
    std::size_t remaining = 0;
    std::chrono::seconds retry_after{};  // 0 when allowed, else at least 1
};

class rate_window {
public:
    // limit 0: no limit. window: at least 1 ms.
    rate_window(std::size_t limit, core::duration window) : limit_(limit), window_(window) {}

    admission count(core::time_point now);

    std::size_t limit() const { return limit_; }
    core::duration window() const { return window_; }

    // Calls that would be admitted at `now`; 0 when there is no limit.
    std::size_t remaining(core::time_point now) const;

private:
    void forget_old(core::time_point now);

    std::size_t limit_;
    core::duration window_;
    std::deque<core::time_point>
        calls_;  // the latest `limit_` counted calls at most: older ones decide nothing
    core::time_point cool_until_ = core::time_point::min();
};

}  // namespace gate::emulator
