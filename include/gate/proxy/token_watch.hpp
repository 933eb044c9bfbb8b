#pragma once
// When to look again at the token of an exchange that outlives the TTL, and when to give the exchange up.
// Pure: what the authenticator knows in, a verdict out.

#include <gate/auth/authenticator.hpp>
#include <gate/config/config.hpp>
#include <gate/core/clock.hpp>
#include <gate/core/reason.hpp>

namespace gate::proxy {

class token_watch {
public:
    struct limits {
        // How long an exchange continues after its TTL while Gate cannot be asked. Not less than a new
        // request would be granted.
        core::duration unverified;
        // How long Gate may take. However late the first look is, no exchange is ended before
        // Gate has had the time to answer.
        core::duration answer;
    };
    static limits limits_of(const config::config& options) noexcept;

    // Of a token that Gate vouches for until `fresh_until`.
    token_watch(core::time_point now, core::time_point fresh_until) noexcept
        : look_at_(auth::authenticator::renewal_point(now, fresh_until)), fresh_until_(fresh_until) {}

    bool is_due(core::time_point now) const noexcept { return now >= look_at_; }

    // Takes note of what is known at `now`. Anything but `none`: the exchange ends, for this reason.
    core::reason take(const auth::authenticator::renewal& known, core::time_point now,
                      const limits& most) noexcept;

private:
    core::time_point look_at_;
    core::time_point fresh_until_;
    core::time_point unanswered_since_ = core::never;
};

// Between two rounds in which every exchange of a worker is looked at: so short that a question that is asked
// shortly before the TTL ends is answered, and its answer seen, within it.
core::duration round_interval(const config::cache_options& options) noexcept;

}  // namespace gate::proxy
