#include <gate/emulator/rate_window.hpp>

#include <algorithm>

namespace gate::emulator {

using std::chrono::seconds;

admission rate_window::count(core::time_point now) {
    if (limit_ == 0) return {};
    forget_old(now);
    const bool cooling = now < cool_until_;
    if (!cooling && calls_.size() < limit_) {
        calls_.push_back(now);
        return {true, limit_, limit_ - calls_.size(), seconds(0)};
    }
    if (cooling) {
        if (calls_.size() == limit_) calls_.pop_front();
        calls_.push_back(now);
    }
    core::time_point free_at = std::max(cool_until_, now);
    if (calls_.size() == limit_) free_at = std::max(free_at, calls_.front() + window_);
    const seconds wait = std::max(seconds(1), std::chrono::ceil<seconds>(free_at - now));
    cool_until_ = now + wait;
    return {false, limit_, 0, wait};
}

std::size_t rate_window::remaining(core::time_point now) const {
    if (limit_ == 0 || now < cool_until_) return 0;
    const auto live =
        std::count_if(calls_.begin(), calls_.end(), [&](auto when) { return when + window_ > now; });
    return limit_ - static_cast<std::size_t>(live);
}

void rate_window::forget_old(core::time_point now) {
    while (!calls_.empty() && calls_.front() + window_ <= now) calls_.pop_front();
}

}  // namespace gate::emulator
