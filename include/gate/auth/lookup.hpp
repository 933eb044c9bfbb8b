#pragma once
// What the metrics call the state of the caches that a decision was made from.

#include <gate/auth/decision.hpp>
#include <gate/telemetry/labels.hpp>

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

}  // namespace gate::auth
