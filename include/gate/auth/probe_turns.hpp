#pragma once
// Whose turn it is to probe a closed unknown lane. Pure; not thread-safe.
//
// There is one probe at a time, for whichever request comes first; so somebody who sends odd tokens without
// pause would have all of them, and his failures would keep the lane closed. Here probes are shared over
// networks: one that has probed in vain waits longer before the next, and gives way to one with fewer probes
// that was refused shortly before. Among networks with equally many probes, the one that came last goes
// first: an attacker who insists from many networks has been there for longer. When no network with a better
// claim comes back, any request may take the turn: an outage must end even if no client tries twice.

#include <gate/auth/client_id.hpp>
#include <gate/core/clock.hpp>

#include <array>
#include <cstddef>

namespace gate::auth {

class probe_turns {
public:
    static constexpr std::size_t max_networks = 64;
    // How long a network counts as waiting after its last refusal; three intervals if that is more.
    static constexpr core::duration shortest_wait{3'000};
    // How long a turn is kept for the networks with the best claim. They were told to come back in whole
    // seconds.
    static constexpr core::duration kept_turn{1'500};
    static constexpr int longest_pause = 4;  // intervals between the probes of one network

    explicit probe_turns(core::duration interval) noexcept : interval_(interval) {}

    void set_interval(core::duration interval) noexcept { interval_ = interval; }

    // When `network` may probe. `due`: when the next probe may be sent at all. A result that is not later
    // than `now` means that it is its turn; otherwise the network waits from now on.
    core::time_point turn_of(const client_id& network, core::time_point due, core::time_point now) noexcept;
    // The network has probed. The probe counts as failed until reset().
    void note_probe(const client_id& network, core::time_point now) noexcept;
    // The probe that the network was last let make is not made.
    void take_back(const client_id& network) noexcept;
    // A call was answered: all begin anew.
    void reset() noexcept { size_ = 0; }

private:
    struct record {
        client_id network;
        int probes = 0;                                    // in vain
        core::time_point came = core::time_point::min();   // first refused since its last probe
        core::time_point asked = core::time_point::min();  // last refused since then
    };

    record* find(const client_id& network) noexcept;
    record* place_for(const client_id& network, core::time_point now) noexcept;
    bool is_waiting(const record& each, core::time_point now) const noexcept;
    static bool goes_before(const record& one, int probes, core::time_point came) noexcept;

    core::duration interval_;
    std::size_t size_ = 0;
    std::array<record, max_networks> records_{};
};

}  // namespace gate::auth
