#pragma once
// What clients, Gate and operators saw of a fleet, by the true time, and what it adds up to.

#include "../traffic.hpp"
#include "fleet_cell.hpp"

#include <unordered_map>

namespace gate::simulation {

struct fleet_figures {
    std::size_t requests = 0;
    std::size_t refused = 0;                // of them, though Gate accepts the token
    std::size_t repeated_calls = 0;         // for one token, less than half a TTL after the last one
    std::size_t repeated_later = 0;         // of them: both came when the store had been back for 3 s
    double calls_per_ttl = 0;               // (calls - 1) x TTL / (last - first), over all good tokens
    core::time_point::duration slowest{0};  // request
    core::duration worst_age{0};            // of a yes that was used
    std::size_t wrong = 0;  // passed without a yes within TTL + 5 s, or against a later no or revocation
    core::time_point::duration revocation_p99{0};
    core::time_point::duration revocation_worst{0};
    std::size_t revocations = 0;
    std::size_t rejected = 0;
    double commands = 0;  // per second and replica
};

class fleet_book {
public:
    fleet_book(const fleet_cell& cell, core::time_point began) : cell_(cell), began_(began) {}

    void note_call(std::uint64_t token, core::time_point now);
    // Gate's word on a question of `asked` has come.
    void note_answer(std::uint64_t token, bool accepted, core::time_point asked);
    // A replica has heard from another one that Gate refuses the token. A refusal that never got into the
    // log, as its connection broke, counts for the replica that made the call only.
    void note_refusal_heard(std::uint64_t token, core::time_point now);
    // `asked`: of the yes that let it pass; core::never: refused.
    void note_served(std::uint64_t token, core::time_point came, core::time_point asked,
                     core::time_point now);
    void note_revoked(std::uint64_t token, core::time_point now);
    // A replica has heard of it; `since`: when it could first hear.
    void note_heard(std::uint64_t token, std::size_t replica, core::time_point now);
    void note_rejected() { ++sums_.rejected; }
    bool is_revoked(std::uint64_t token) const { return revoked_.contains(token); }

    fleet_figures add_up() const;

private:
    struct calls_of_a_token {
        core::time_point first;
        core::time_point last;
        std::size_t count = 0;
    };
    struct word {
        core::time_point yes;  // when Gate was asked for the last one
        core::time_point no;
        core::time_point no_came;
    };
    bool is_wrong(std::uint64_t token, core::time_point came) const;
    // When all must be as if the store had never been away.
    core::time_point recovered_from() const;
    bool is_measured(core::time_point at) const { return at - began_ >= cell_.base.measured_from; }

    const fleet_cell& cell_;
    const core::time_point began_;
    std::unordered_map<std::uint64_t, core::time_point> last_call_;
    std::unordered_map<std::uint64_t, calls_of_a_token> calls_;
    std::unordered_map<std::uint64_t, word> words_;
    std::unordered_map<std::uint64_t, core::time_point> revoked_;
    std::unordered_map<std::uint64_t, std::unordered_map<std::size_t, core::time_point>> heard_;
    fleet_figures sums_;
};

}  // namespace gate::simulation
