#pragma once
// What a cell of the simulation is made of.

#include <gate/config/config.hpp>
#include <gate/core/clock.hpp>

#include <optional>
#include <string>
#include <vector>

namespace gate::simulation {

using namespace std::chrono_literals;

// Spans of a scenario count from its beginning.
struct period {
    core::duration from{0};
    core::duration to{0};
    bool covers(core::duration at) const noexcept { return at >= from && at < to; }
};

enum class routing { round_robin, sticky };  // any replica may get a token; always the same one does

struct good_traffic {
    std::size_t tokens = 10;
    double per_second = 10;  // over all replicas, at random moments
    routing how = routing::sticky;
    double skew = 1.0;        // of Zipf's law; 0: all tokens alike
    core::duration burst{0};  // all tokens come within so long, every 70 s; 0: evenly
};

enum class flood_from { nobody, one_address, address_of_the_good, many_addresses };

enum class fault { none, refused, hangs, fails, slow, crowded };

struct trouble {
    fault what = fault::none;
    period when;
    core::duration latency{0};  // of slow: of each answer
    double per_second = 0;      // of crowded: calls that another user of the budget makes
    bool rude = false;          // of crowded: it calls on before Retry-After has passed
};

struct scenario {
    std::string name;
    std::size_t replicas = 1;
    good_traffic good;
    flood_from flood = flood_from::nobody;
    period flooded;
    std::vector<trouble> troubles;
    core::duration grace{0};  // cache.grace
    core::duration length{0};
    core::duration measured_from{0};      // before that the caches get warm
    core::duration recovery_limit{2000};  // of ledger's worst_recovery
    std::string without_flood;            // name of the same cell without its flood
    bool quick = false;                   // one of the few that sanitizer builds run
};

inline constexpr double flood_rate = 10'000;  // tokens per second, over all replicas; each comes once

std::vector<scenario> all_scenarios();

}  // namespace gate::simulation
