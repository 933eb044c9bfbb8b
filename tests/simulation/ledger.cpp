#include "ledger.hpp"

#include "gate_model.hpp"

#include <algorithm>

namespace gate::simulation {
namespace {

core::duration between(core::time_point from, core::time_point to) {
    return std::chrono::duration_cast<core::duration>(to - from);
}

// Early renewal begins at 80 % of the TTL: 1.25 calls in a TTL.
core::duration least_gap(bool scarce, core::duration ttl) {
    return scarce ? ttl : ttl * 4 / 5;
}

}  // namespace

ledger::ledger(const scenario& cell, core::time_point began, core::duration ttl)
    : cell_(cell), began_(began), gate_returns_(core::never), ttl_(ttl), replicas_(cell.replicas) {
    for (auto& each : replicas_) each.tokens.resize(cell.good.tokens);
    core::duration last{0};
    for (const auto& each : cell.troubles) {
        // What another user took is there again when it has left the window.
        const auto echo = each.what == fault::crowded ? gate_model::window : core::duration{0};
        last = std::max(last, each.when.to + echo);
    }
    if (!cell.troubles.empty()) gate_returns_ = began + last;
}

void ledger::note_served(const request& what, core::time_point asked, core::time_point now) {
    auto& replica = replicas_[what.replica];
    auto& token = replica.tokens[what.token];
    const auto came = began_ + what.at;
    const bool refused = asked == core::never;
    if (is_measured(came)) {
        ++sums_.good_requests;
        sums_.good_refused += refused ? 1 : 0;
        sums_.known_requests += token.known ? 1 : 0;
        sums_.known_refused += refused && token.known ? 1 : 0;
    }
    if (token.known) watch_recovery(replica, came, refused);
    if (!refused) sums_.worst_age = std::max(sums_.worst_age, between(asked, now));
}

void ledger::note_call(std::size_t number, token_id token, core::time_point now) {
    const auto& replica = replicas_[number];
    if (now < replica.closed_until) ++sums_.early_calls;
    if (token >= first_bad_token) return;
    const auto last = replica.tokens[token].asked;
    const bool scarce = replica.scarce && now - replica.told < gate_model::window;
    if (last != core::time_point::min() && now - last < least_gap(scarce, ttl_)) ++sums_.repeated_calls;
}

void ledger::note_answer(std::size_t number, token_id token, const auth::verification& answer,
                         core::time_point asked, core::time_point now) {
    auto& replica = replicas_[number];
    if (answer.remaining) {
        replica.scarce = *answer.remaining * 2 < gate_model::limit;
        replica.told = now;
    }
    if (answer.reason == core::reason::gate_rate_limited) {
        replica.closed_until = std::max(replica.closed_until, now + answer.retry_after);
        if (now < gate_returns_) replica.closed_then = replica.closed_until;
    }
    if (answer.verdict != auth::verdict::allow) return;
    replica.tokens[token] = {true, asked};
}

void ledger::watch_recovery(replica_state& replica, core::time_point came, bool refused) const {
    if (replica.recovered || came < std::max(gate_returns_, replica.closed_then)) return;
    if (refused) {
        replica.last_refused = came;
    } else {
        replica.recovered = true;
    }
}

figures ledger::add_up() const {
    auto out = sums_;
    for (const auto& each : replicas_) {
        if (each.last_refused == core::time_point::min()) continue;
        const auto back = std::max(gate_returns_, each.closed_then);
        out.worst_recovery = std::max(out.worst_recovery, between(back, each.last_refused));
    }
    return out;
}

}  // namespace gate::simulation
