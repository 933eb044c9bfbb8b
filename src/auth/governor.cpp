#include <gate/auth/governor.hpp>

#include <algorithm>
#include <cassert>

namespace gate::auth {

admission governor_core::ask(core::time_point now) noexcept {
    if (const auto left = time_left(now); left.count() != 0)
        return {false, core::reason::gate_rate_limited, left};
    if (under_way_ >= max_calls_) return {false, core::reason::gate_busy, {}};
    ++under_way_;
    return {true, core::reason::none, {}};
}

void governor_core::ended() noexcept {
    assert(under_way_ != 0 && "a call ended that was never granted");
    --under_way_;
}

void governor_core::rate_limited(std::chrono::seconds retry_after, core::time_point now) noexcept {
    const auto wait = retry_after.count() > 0 ? std::min(retry_after, max_retry_after) : default_retry_after;
    closed_until_ = std::max(closed_until_, now + wait);
}

std::chrono::seconds governor_core::time_left(core::time_point now) const noexcept {
    if (now >= closed_until_) return std::chrono::seconds{0};
    return std::chrono::ceil<std::chrono::seconds>(closed_until_ - now);
}

admission governor::ask(core::time_point now) {
    const core::lock_guard lock(mutex_);
    const auto out = core_.ask(now);
    if (out.why == core::reason::gate_rate_limited) ++refused_.rate_limited;
    if (out.why == core::reason::gate_busy) ++refused_.busy;
    return out;
}

void governor::ended() {
    const core::lock_guard lock(mutex_);
    core_.ended();
}

void governor::rate_limited(std::chrono::seconds retry_after, core::time_point now) {
    const core::lock_guard lock(mutex_);
    core_.rate_limited(retry_after, now);
}

std::chrono::seconds governor::time_left(core::time_point now) const {
    const core::lock_guard lock(mutex_);
    return core_.time_left(now);
}

std::size_t governor::under_way() const {
    const core::lock_guard lock(mutex_);
    return core_.under_way();
}

governor::refusals governor::refused() const {
    const core::lock_guard lock(mutex_);
    return refused_;
}

}  // namespace gate::auth
