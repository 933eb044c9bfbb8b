#pragma once
// A circuit for the known lane (renewals of known tokens included) and one for the unknown lane, with the
// probes that see whether Gate is back. Pure; not thread-safe.
//
// In the unknown lane anybody can make calls fail: that closes this lane alone, and to the addresses that it
// was done from before it closes to all (unknown_circuit); its probes are shared (probe_turns). Nobody makes
// calls fail for tokens that Gate has accepted: where they fail, for two tokens at least, both lanes are
// closed.

#include <gate/auth/circuit.hpp>
#include <gate/auth/lane.hpp>
#include <gate/auth/probe_turns.hpp>
#include <gate/auth/unknown_circuit.hpp>
#include <gate/config/config.hpp>
#include <gate/core/clock.hpp>

namespace gate::auth {

class lane_circuits {
public:
    explicit lane_circuits(const config::circuit_options& how) noexcept
        : probe_interval_(how.probe_interval),
          known_(how.failures),
          unknown_(how.failures),
          unknown_turns_(how.probe_interval) {}

    // Other numbers from now on. What has failed in a row still counts.
    void configure(const config::circuit_options& how) noexcept {
        probe_interval_ = how.probe_interval;
        known_.limit_failures(how.failures);
        unknown_.limit_failures(how.failures);
        unknown_turns_.set_interval(how.probe_interval);
    }

    // A call has failed, or was slow.
    void note_failure(lane which, const asker& who, core::time_point now) noexcept;
    // A call was answered.
    void reset() noexcept;

    // Whether no calls are made for `who`, except probes.
    bool is_closed_to(lane which, const asker& who) const noexcept;
    // Whether the lane's circuit is open: in the unknown lane, for some addresses at least.
    bool is_open(lane which) const noexcept;

    // When `who` may send a probe: not later than `now` if it is its turn. Known tokens have the first claim,
    // and no probe of another lane takes their turn.
    core::time_point turn_to_probe(lane which, const asker& who, core::time_point now) noexcept;
    void note_probe(lane which, const asker& who, core::time_point now) noexcept;
    // What was let go for `who` has been sent, and has ended.
    void note_end(lane which, const asker& who) noexcept { last_probe(which).note_end(who.token); }
    // What was let go for `who` is not sent after all. If it was the last probe, its turn is free again.
    void take_back_probe(lane which, const asker& who) noexcept;

private:
    struct probe_time {
        core::time_point at{};
        core::time_point before{};  // of the probe before
        token_key token{};          // for which the one at `at` is under way; zeros: none is
        client_id network{};        // of whoever asked for it

        void note_end(const token_key& of) noexcept {
            if (token == of) token = {};
        }
    };

    probe_time& last_probe(lane which) noexcept {
        return which == lane::unknown ? last_unknown_probe_ : last_known_probe_;
    }
    core::time_point next_unknown_probe() const noexcept;

    core::duration probe_interval_;
    circuit<token_key, 2> known_;
    unknown_circuit unknown_;
    probe_turns unknown_turns_;
    probe_time last_known_probe_;
    probe_time last_unknown_probe_;
};

}  // namespace gate::auth
