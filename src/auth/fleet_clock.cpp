#include <gate/auth/fleet_clock.hpp>

#include <algorithm>
#include <cassert>

namespace gate::auth {
namespace {

store_span since_start(core::time_point when) {
    return std::chrono::duration_cast<store_span>(when.time_since_epoch());
}

}  // namespace

core::time_point::duration fleet_clock::look(core::time_point now, store_span since_boot) noexcept {
    const auto slept = since_boot - since_start(now);
    if (!slept_) {
        slept_ = slept;
        return {};
    }
    const auto more = slept - *slept_;
    if (more < slowest_sample && more > -slowest_sample) return {};  // they were not read in the same instant
    slept_ = slept;
    // Less than before: this process stood still between the two readings of then.
    return std::max(more, store_span{0});
}

// The store's time less our time of sending: what the difference is, or up to a sample's time more. So
// nothing is held for longer because a reply was slow.
fleet_clock::kind fleet_clock::sample(const clock_sample& from) noexcept {
    const auto took = from.received - from.sent;
    if (took < store_span{0} || (took >= slowest_sample && is_known())) return kind::ignored;
    const auto ahead = from.said.time_since_epoch() - from.sent;
    if (!ahead_) {
        ahead_ = ahead;
        return kind::first;
    }
    const auto change = ahead - *ahead_;
    if (change <= slowest_sample && change >= -slowest_sample) return kind::confirmed;
    ahead_ = ahead;
    return kind::jumped;
}

core::time_point fleet_clock::to_local(store_time when) const noexcept {
    assert(is_known());
    return core::time_point(when.time_since_epoch() - *ahead_ - slept_.value_or(store_span{0}));
}

store_time fleet_clock::to_store(core::time_point when) const noexcept {
    assert(is_known());
    return store_time(since_start(when) + slept_.value_or(store_span{0}) + *ahead_);
}

}  // namespace gate::auth
