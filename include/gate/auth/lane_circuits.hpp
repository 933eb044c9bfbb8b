#pragma once
// A circuit for the known lane (renewals of known tokens included) and one for the unknown lane, with the
// probes that see whether Gate is back. Pure; not thread-safe.
//
// In the unknown lane anybody can make calls fail: that closes this lane alone, and to the addresses that it
// was done from before it closes to all. Nobody makes calls fail for tokens that Gate has accepted: where
// they fail, for two tokens at least, both lanes are closed.

#include <gate/auth/circuit.hpp>
#include <gate/auth/lane.hpp>
#include <gate/config/config.hpp>
#include <gate/core/clock.hpp>

namespace gate::auth {

class lane_circuits {
public:
    explicit lane_circuits(const config::circuit_options& how) noexcept
        : probe_interval_(how.probe_interval), known_(how.failures), unknown_(how.failures) {}

    // Other numbers from now on. What has failed in a row still counts.
    void configure(const config::circuit_options& how) noexcept {
        probe_interval_ = how.probe_interval;
        known_.limit_failures(how.failures);
        unknown_.limit_failures(how.failures);
    }

    // A call has failed, or was slow.
    void note_failure(lane which, const asker& who, core::time_point now) noexcept;
    // A call was answered.
    void reset() noexcept;

    // Whether calls for `who` are left but for probes.
    bool is_closed_to(lane which, const asker& who) const noexcept;
    // Whether those of the lane are. Of unknown: for some addresses at least.
    bool is_open(lane which) const noexcept;

    // When the next probe may be sent. Known tokens have the first claim, and no probe of another lane takes
    // their turn.
    core::time_point next_probe(lane which) const noexcept;
    void note_probe(lane which, core::time_point now) noexcept { last_probe(which) = now; }

private:
    core::time_point& last_probe(lane which) noexcept {
        return which == lane::unknown ? last_unknown_probe_ : last_known_probe_;
    }

    core::duration probe_interval_;
    circuit<token_key, 2> known_;
    circuit<client_id, 8> unknown_;  // more addresses than somebody has at hand
    core::time_point last_known_probe_{};
    core::time_point last_unknown_probe_{};
};

}  // namespace gate::auth
