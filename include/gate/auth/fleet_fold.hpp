#pragma once
// What a message of the fleet changes here. Pure: message, time -> change. The changes are to be made in any
// order: token_facts, the governor and fleet_blocks take the maximum of what they are told.

#include <gate/auth/fact_shard.hpp>
#include <gate/auth/fleet.hpp>
#include <gate/auth/fleet_clock.hpp>
#include <gate/auth/fleet_message.hpp>

#include <cstdint>
#include <optional>
#include <span>
#include <variant>
#include <vector>

namespace gate::auth {

struct fleet_rules {
    core::duration ttl{60'000};  // this replica's own
    core::duration negative_ttl{30'000};
    core::duration grace{0};
    bool refresh_ahead = true;
    core::duration gate_timeout{5'000};
    std::vector<key_id> keys{};  // of the secret keys that this replica holds, or held until lately

    // How long a revocation, a purge or a verdict can matter: nothing from before it is on its way or in use
    // after that. TTL + grace + 10 s, or more where a call to Gate may take longer than 5 s.
    core::duration memory() const noexcept;
    // From the moment that the store has allowed a call until its answer is known here.
    core::duration longest_call() const noexcept;
};

// Clocks of one moment.
struct fleet_moment {
    core::time_point now;
    core::wall_clock::time_point wall_now;
};

namespace fleet_change {
// Views are of the message.
struct accepted {
    vouched fact;
    bool is_cut = false;  // by our wall clock: one of the clocks is off
};
struct revoked {
    core::time_point at;
    core::time_point until;
};
struct purged {
    purge_scope scope;
    core::time_point at;
};
struct paused {
    core::time_point until;
};
// A lifting: `until` has passed.
struct blocked {
    store_time at;
    core::time_point until;
};
struct failed {
    core::reason reason;
    core::time_point asked;
};
struct key_refused {};
struct released {};
// It is over, or says nothing.
struct nothing {};
}  // namespace fleet_change

using fleet_changed =
    std::variant<fleet_defect, fleet_change::nothing, fleet_change::accepted, refused, fleet_change::failed,
                 fleet_change::revoked, fleet_change::purged, fleet_change::paused, fleet_change::blocked,
                 fleet_change::key_refused, fleet_change::released>;

fleet_changed fold(const fleet_message& message, const fleet_rules& rules, const fleet_clock& clock,
                   const fleet_moment& at);

// Gate's limit and what was left, as the message says; nothing where it does not count.
struct gate_figure {
    unsigned limit = 0;
    unsigned remaining = 0;
    core::time_point asked;
};
std::optional<gate_figure> figure_of(const fleet_message& message, const fleet_rules& rules,
                                     const fleet_clock& clock, const fleet_moment& at);

// When an entry in use should be asked about again: in the last tenth of its life, at the same time at every
// replica: the first takes the lock, and the others keep what they have.
core::time_point fleet_refresh_point(core::time_point asked, core::time_point until, const token_id& token);

}  // namespace gate::auth
