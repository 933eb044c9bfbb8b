#pragma once
// What a cell of the fleet's simulation is made of: replicas, traffic and Gate as in any scenario, and what
// happens to the store, to tokens and to replicas.

#include "../scenario.hpp"

namespace gate::simulation {

enum class store_fault {
    killed,      // connections are refused; what was on its way is lost
    paused,      // it stands still, and goes on with what has come meanwhile
    slow,        // each command takes `latency`
    partition,   // no byte passes, and nobody says so
    cut,         // a connection breaks under a `share` of what it carries
    wiped,       // at `when.from`, and each `latency` from then on
    full,        // it refuses what writes
    fails_over,  // to a node whose clock is `clock` ahead, and that has not got the last second
};

struct store_trouble {
    store_fault what;
    period when;
    core::duration latency{0};
    std::size_t replicas = 1'000;  // the first so many meet it
    double share = 0;
    core::duration clock{0};
};

// By a writer that has no key, from the beginning on.
enum class attack { none, forged_locks, filled_calls, history_set_back };

struct fleet_cell {
    scenario base;
    std::vector<store_trouble> store_troubles{};
    attack under = attack::none;
    core::duration revoke_every{0};    // another token each time, at another replica; 0: none
    core::duration withdraw_every{0};  // Gate refuses another token from then on; 0: none
    core::duration restart_every{0};   // one replica after the other, while it is measured; 0: none
    bool all_restart_once = false;     // each is restarted once, and no more
    core::duration wall_skew{0};       // of the replicas with odd numbers
    core::duration key_every{0};       // one replica after the other gets a new secret key; 0: none
    std::size_t limit = 600;
    core::duration window{60'000};
    core::duration ttl{60'000};
    core::duration ttl_of_odd{60'000};  // of the replicas with odd numbers
    // What is expected of it.
    bool is_shared = true;          // the store is there all the time: what is promised for that holds
    std::size_t most_repeated = 0;  // calls for one token within half a TTL
    double calls_per_ttl = 1.12;
    double refused_share = 0;
    core::duration revoked_within{1'000};
    core::duration slowest{1'000};  // request
};

std::vector<fleet_cell> all_fleet_cells();

}  // namespace gate::simulation
