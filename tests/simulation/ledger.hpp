#pragma once
// What the clients and the replicas of one run saw, and what it adds up to.

#include "scenario.hpp"
#include "traffic.hpp"

#include <gate/auth/token_verifier.hpp>

#include <vector>

namespace gate::simulation {

struct figures {
    std::size_t good_requests = 0;  // since measuring began
    std::size_t good_refused = 0;
    std::size_t known_requests = 0;  // of them, with a token that this replica had seen accepted before
    std::size_t known_refused = 0;
    core::duration worst_age{0};  // of a positive answer when it was used
    // Over the replicas: from the later of Gate's return and the Retry-After that was told before it, until
    // the last request with a known token came that was refused before the next one passed.
    core::duration worst_recovery{0};
    std::size_t early_calls = 0;     // before a Retry-After that this replica had been told
    std::size_t repeated_calls = 0;  // for a good token, sooner after its last answer than is allowed
};

class ledger {
public:
    ledger(const scenario& cell, core::time_point began, core::duration ttl);

    // A client's good request came at `at` and has its answer. `asked`: of the positive answer that let it
    // pass; core::never: it was refused.
    void note_served(const request& what, core::time_point asked, core::time_point now);

    // A replica begins a call; it has ended.
    void note_call(std::size_t replica, token_id token, core::time_point now);
    void note_answer(std::size_t replica, token_id token, const auth::verification& answer,
                     core::time_point asked, core::time_point now);

    figures add_up() const;

private:
    struct token_state {
        bool known = false;
        core::time_point asked = core::time_point::min();  // of the last answer
    };
    struct replica_state {
        std::vector<token_state> tokens;  // the good ones
        core::time_point closed_until = core::time_point::min();
        bool scarce = false;  // as its last answer said, at `told`
        core::time_point told = core::time_point::min();
        // Since Gate has returned.
        core::time_point closed_then = core::time_point::min();  // closed_until at that time
        core::time_point last_refused = core::time_point::min();
        bool recovered = false;
    };

    bool is_measured(core::time_point at) const { return at - began_ >= cell_.measured_from; }
    void watch_recovery(replica_state& replica, core::time_point came, bool refused) const;

    const scenario& cell_;
    core::time_point began_;
    core::time_point gate_returns_;
    core::duration ttl_;
    std::vector<replica_state> replicas_;
    figures sums_;
};

}  // namespace gate::simulation
