#pragma once
// What the metrics are told of the caches that a decision was made from.

#include <gate/auth/decision.hpp>
#include <gate/telemetry/labels.hpp>
#include <gate/telemetry/worker_metrics.hpp>

namespace gate::auth {

// Precondition: a token was looked up.
constexpr telemetry::cache_result lookup_of(cache_state state) noexcept {
    using telemetry::cache_result;
    switch (state) {
        case cache_state::hit: return cache_result::hit;
        case cache_state::none:
        case cache_state::miss: return cache_result::miss;
        case cache_state::expired: return cache_result::expired;
        case cache_state::coalesced: return cache_result::coalesced;
        case cache_state::negative: return cache_result::negative;
        case cache_state::stale: return cache_result::stale;
        case cache_state::fleet: return cache_result::fleet;
    }
    return cache_result::miss;
}

// Whether Gate's answer about the token, new or from a cache, is what the decision was made by.
constexpr bool used_answer(const decision& made) noexcept {
    return made.verdict != core::verdict::unavailable && made.reason != core::reason::token_throttled;
}

// Where a token was looked up: by what the caches said, and how old the answer was that was used.
inline void count_lookup(const decision& made, telemetry::worker_metrics& into) noexcept {
    if (made.cache == cache_state::none) return;
    into.count_lookup(lookup_of(made.cache));
    if (used_answer(made)) into.count_token_age(made.age);
}

}  // namespace gate::auth
