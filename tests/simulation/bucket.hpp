#pragma once
// The limit on calls: an exact rolling window. A call that finds it full is refused, and told to come back
// when the oldest call leaves it. One that comes before that time counts all the same, in the place of the
// oldest: so whoever does not wait lengthens the wait of all. (The emulator's rate_window is stricter still:
// there each such call moves the end of the wait to a whole second after it.)

#include <gate/core/clock.hpp>

#include <chrono>
#include <deque>

namespace gate::simulation {

class bucket {
public:
    bucket(std::size_t limit, core::duration window) : limit_(limit), window_(window) {}

    struct admission {
        bool allowed = true;
        unsigned remaining = 0;
        std::chrono::seconds retry_after{0};
    };

    admission count(core::time_point now) {
        while (!calls_.empty() && calls_.front() + window_ <= now) calls_.pop_front();
        if (calls_.size() < limit_ && now >= closed_until_) {
            calls_.push_back(now);
            return {true, static_cast<unsigned>(limit_ - calls_.size()), {}};
        }
        if (now < closed_until_) {
            if (calls_.size() == limit_) calls_.pop_front();
            calls_.push_back(now);
        }
        if (calls_.size() == limit_) closed_until_ = calls_.front() + window_;
        return {
            false, 0,
            std::max(std::chrono::seconds{1}, std::chrono::ceil<std::chrono::seconds>(closed_until_ - now))};
    }

private:
    std::size_t limit_;
    core::duration window_;
    std::deque<core::time_point> calls_;  // limit_ at most: the latest that counted
    core::time_point closed_until_ = core::time_point::min();
};

}  // namespace gate::simulation
