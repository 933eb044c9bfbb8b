#pragma once
// What this replica knows of the calls of all replicas, and what it tells the store that they may spend.
// Pure. Not thread-safe.
//
// Everybody who can write to the store can fill its counters. So what the store says of the budget counts
// only where Gate's own figure, or the log, whose messages nobody can forge, says so too.

#include <gate/auth/fleet_fold.hpp>
#include <gate/auth/rolling_count.hpp>
#include <gate/config/config.hpp>

#include <cstdint>
#include <deque>
#include <optional>
#include <unordered_set>

namespace gate::auth {

// How a call to Gate has ended.
enum class call_end : std::uint8_t { accepted, refused, failed };

class fleet_budget {
public:
    // A call that failed was wasted if another one that was answered had been asked so long before it, or
    // later: else it is Gate that fails.
    static constexpr std::chrono::seconds beside{2};

    explicit fleet_budget(const config::budget_options& how);

    void configure(const config::budget_options& how, core::time_point now);

    // A call that was asked at `asked`, as its message says: each counts once, however often it is heard.
    // Wasted is what was refused, and what failed beside others that were answered.
    void heard(const token_id& token, store_time asked, call_end how, core::time_point now);
    // Gate's own: of two, the one that was asked later counts.
    void told(const gate_figure& figure, core::time_point now);

    struct numbers {
        unsigned budget = 0;
        unsigned budget_for_waste = 0;
        std::chrono::seconds window{60};
    };
    // What others than the fleet have spent, as Gate's last figure showed, is not the fleet's for a window.
    numbers now_is(core::time_point now);

    // Whether half of the budget is gone: by Gate's figure of the last 10 s; else by the calls of the log.
    bool confirms_calls(core::time_point now);
    // By what the log says.
    bool confirms_waste(core::time_point now);

private:
    static constexpr std::size_t most_remembered = 10'000;

    config::budget_options options_;
    std::optional<gate_figure> figure_;
    std::uint32_t of_others_ = 0;  // at the time of figure_
    rolling_count calls_;
    rolling_count wasted_;
    store_time last_answer_{};                // when the latest call that was answered was asked
    std::unordered_set<std::uint64_t> seen_;  // token and time of the calls that were counted last
    std::deque<std::uint64_t> order_;         // the oldest first
};

}  // namespace gate::auth
