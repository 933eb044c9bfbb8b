#include <gate/proxy/token_watch.hpp>

#include <algorithm>

namespace gate::proxy {
namespace {

constexpr core::duration shortest_round{50};
constexpr core::duration longest_round{1000};
constexpr int rounds_in_ttl = 32;

}  // namespace

core::duration round_interval(const config::cache_options& options) noexcept {
    if (options.ttl.count() == 0) return longest_round;
    return std::clamp(options.ttl / rounds_in_ttl, shortest_round, longest_round);
}

token_watch::limits token_watch::limits_of(const config::config& options) noexcept {
    return {std::max(options.cache.stream_max_unverified, options.cache.grace), options.gate.timeout};
}

core::reason token_watch::take(const auth::authenticator::renewal& known, core::time_point now,
                               const limits& most) noexcept {
    if (known.verdict == auth::verdict::deny) return known.reason;
    if (known.verdict == auth::verdict::allow) {
        unanswered_since_ = core::never;
        if (known.fresh_until == fresh_until_) return core::reason::none;  // if due: the answer is on its way
        fresh_until_ = known.fresh_until;
        look_at_ = auth::authenticator::renewal_point(now, fresh_until_);
        return core::reason::none;
    }
    look_at_ = now;
    unanswered_since_ = std::min(unanswered_since_, now);
    const auto end = std::max(fresh_until_ + most.unverified, unanswered_since_ + most.answer);
    return now >= end ? core::reason::gate_unconfirmed : core::reason::none;
}

}  // namespace gate::proxy
