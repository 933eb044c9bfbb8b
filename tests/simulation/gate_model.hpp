#pragma once
// Gate as its callers see it, in virtual time: one bucket for everybody, X-RateLimit fields on every answer,
// 429s with Retry-After, latency, outages.

#include "bucket.hpp"
#include "event_queue.hpp"
#include "scenario.hpp"
#include "traffic.hpp"

#include <gate/auth/token_verifier.hpp>
#include <gate/core/task.hpp>

#include <random>
#include <unordered_set>

namespace gate::simulation {

class gate_model {
public:
    static constexpr unsigned limit = 600;
    static constexpr core::duration window{60'000};

    // `queue` and `cell` outlive this. Time begins now.
    gate_model(event_queue& queue, const scenario& cell, std::size_t most = limit,
               core::duration span = window);

    // One call. Ends by `deadline`. Half of the latency passes before Gate counts it, and half after.
    core::task<auth::verification> ask(token_id token, core::time_point deadline);

    // From now on the token is refused.
    void revoke(token_id token) { revoked_.insert(token); }

    // Of the replicas' calls, since measuring began.
    struct statistics {
        std::size_t calls = 0;
        std::size_t most_in_a_window = 0;
        std::size_t limited = 0;  // answered 429
        std::size_t flood_calls = 0;
    };
    const statistics& stats() const noexcept { return stats_; }

private:
    const trouble* troubled_by(fault what) const;
    core::duration latency();
    void note_call(token_id token);
    core::task<> crowd(trouble by);

    event_queue& queue_;
    const scenario& cell_;
    const core::time_point began_;
    const std::size_t limit_;
    const core::duration window_;
    bucket bucket_;
    std::unordered_set<token_id> revoked_;
    std::mt19937_64 random_{17};
    std::deque<core::time_point> recent_;  // the replicas' calls of the last window
    statistics stats_;
};

}  // namespace gate::simulation
