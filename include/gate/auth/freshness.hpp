#pragma once
// How long an answer of Gate may be used. Pure.

#include <gate/auth/token_verifier.hpp>
#include <gate/config/config.hpp>

#include <cstdint>

namespace gate::auth {

struct freshness {
    core::time_point until;         // use the answer before this
    bool cacheable = false;         // until lies after the moment of asking, and nothing forbids to store
    bool clock_is_off = false;      // Gate vouches for a token that expired by our wall clock
    bool ignored_no_store = false;  // Gate said no-store, and cache.obey_no_store is off
};

// Of an answer that allows: the configured TTL, shortened by max-age and expires_at, never prolonged. Counted
// from the moment of asking (as RFC 9111 4.2.3 does), so that a revocation is seen within one TTL however
// slow the answer. An expires_at that has passed says that a clock is off, not that Gate is wrong: ignored.
freshness freshness_of_allow(const verification& answer, const config::cache_options& options,
                             core::time_point asked, core::wall_clock::time_point wall_now);

// Of a refusal: the negative TTL; max-age and no-store count as above.
freshness freshness_of_deny(const verification& answer, const config::cache_options& options,
                            core::time_point asked);

// When an entry in use should be asked about again: after 80 to 95 % of its life, so that those that were
// stored together part, and that none costs more than 1.25 calls in its TTL. `spread`: any well mixed bits.
core::time_point refresh_point(core::time_point asked, core::time_point until, std::uint64_t spread);

}  // namespace gate::auth
