#pragma once
// What to do about a token that nobody here knows: ask the fleet whether Gate may be asked. Event -> action.
// Pure: no clock, no lock, no I/O. One for each flight.

#include <gate/auth/fleet.hpp>
#include <gate/auth/lane.hpp>

#include <algorithm>
#include <cstdint>
#include <string>
#include <variant>

namespace gate::auth {

class fleet_miss {
public:
    struct options {
        core::duration store_timeout{50};  // of one command; three of them are spent on the store at most
        core::duration gate_timeout{5'000};
    };

    // What to do next.
    struct begin {            // ask the local governor, look into the cache, and ask the store
        std::string ignored;  // fleet_question::ignored
        bool without_budget = false;
    };
    struct read {  // until our reader has been at `answer`, or `until`
        log_position answer;
        core::time_point until;
    };
    struct wait {  // for a message about the token, or until `until`
        core::time_point until;
        bool for_budget = false;  // not for another replica's answer
    };
    struct call {  // Gate; then fleet::finish
        fleet_lock lock = 0;
        store_time asked;
    };
    struct call_alone {};  // Gate, as without a fleet
    struct keep {};        // what is there: others see to it (early renewal)
    struct refuse {        // the budget of the fleet is used up
        std::chrono::milliseconds pause;
    };
    struct give_up {  // as another replica's call, and the one after it
        core::reason reason;
    };
    using action = std::variant<begin, read, wait, call, call_alone, keep, refuse, give_up>;

    // `spread`: any well mixed bits, of this replica and flight.
    fleet_miss(lane which, const options& how, core::time_point now, std::uint64_t spread) noexcept
        : lane_(which), options_(how), began_(now), spread_(spread) {}

    // The first action is a begin.
    static action start() { return begin{{}, false}; }

    // What the store has said at `now` to a question of `sent`. `confirms`: of later: whether Gate, or what
    // this replica knows of the fleet's calls, says so too; else it counts for nothing.
    action turned(const fleet_turn& turn, bool confirms, core::time_point sent, core::time_point now);

    // While it waits or reads: a message about the token has come, which gave no answer that may be used
    // here (one that did ends the flight).
    action heard_nothing(core::time_point now);
    // A call of another replica, of `asked`, has failed. One of then or earlier that is heard again says
    // nothing.
    action heard_failure(core::reason why, core::time_point asked, core::time_point now);
    // Our own call, of `asked`, has failed: what the log says of it is no news.
    void note_own_failure(core::time_point asked) noexcept { last_failure_ = std::max(last_failure_, asked); }
    // The reader has been at the answer that was told, and the cache knows nothing.
    action has_read(core::time_point now);
    // `until` is there.
    action timed_out(core::time_point now);
    // The store is late or away.
    static action store_is_late() { return call_alone{}; }

    // The lock that was not taken for one: nobody of the fleet holds it.
    bool has_met_forged_lock() const noexcept { return forged_ != 0; }
    // A `later` that nothing confirms.
    bool has_met_forged_budget() const noexcept { return forged_budget_; }

private:
    action judge_lock(const fleet_turn& turn, core::time_point sent, core::time_point now);
    action judge_budget(const fleet_turn& turn, bool confirms, core::time_point sent, core::time_point now);
    action ask_again(core::time_point now);
    bool is_spent() const noexcept;
    core::duration jitter() noexcept;

    lane lane_;
    options options_;
    core::time_point began_;
    std::uint64_t spread_;
    core::time_point::duration spent_{0};  // waiting for the store
    core::time_point reading_since_{};
    bool is_reading_ = false;
    std::string ignored_;
    int reads_ = 0;
    int forged_ = 0;
    bool forged_budget_ = false;
    bool has_heard_failure_ = false;
    core::time_point last_failure_ = core::time_point::min();
    core::time_point later_since_{};
    bool is_later_ = false;
};

}  // namespace gate::auth
