// A miss of fleet_replica: the local governor, the fleet's word, the call, and what becomes of it.

#include "fleet_replica.hpp"

#include <algorithm>

namespace gate::simulation {
namespace {

using auth::fleet_turn;
using auth::lane;
using core::reason;
using namespace std::chrono_literals;

constexpr core::duration longest_wait_for_budget{2'000};
constexpr auto figures_are_young = 10s;
constexpr core::duration made_without_store{250};
constexpr std::size_t budget_for_waste = config::budget_options{}.unknown;
constexpr unsigned no_limit = 1'000'000'000;
// Not within a coroutine: g++ 12 destroys such temporaries twice.
const core::duration gate_timeout = config::gate_options{}.timeout;

auth::call_result result_of(const auth::verification& answer, core::duration took) {
    auth::call_result out;
    out.reason = answer.reason;
    out.took = took;
    out.retry_after = answer.retry_after;
    out.limit = answer.limit;
    out.remaining = answer.remaining;
    out.status = answer.status;
    return out;
}

// A permit that was not used.
auth::call_result unused() {
    auth::call_result out;
    out.reason = reason::gate_rate_limited;
    out.held_back = true;
    out.was_sent = false;
    return out;
}

std::size_t within(std::deque<core::time_point>& events, core::time_point since) {
    while (!events.empty() && events.front() < since) events.pop_front();
    return events.size();
}

}  // namespace

core::task<> fleet_replica::fly(std::uint64_t token, lane which, auth::client_id from, shared_flight own) {
    const auth::asker who{key_of(token), from};
    const auto turn = co_await admit(which, who);
    if (turn.step == auth::admission::kind::go) {
        agreement agreed;
        // Its turn may have come after another replica's answer.
        const auto known = facts_.find(token, world_.queue.now());
        if (known.is_revoked ||
            (known.is_fresh && which != lane::refresh && world_.cell.design.looks_again)) {
            agreed.what = agreement::kind::known;
        } else if (world_.has_store) {
            agreed = co_await agree(token, which);
        }
        if (agreed.what == agreement::kind::call) {
            co_await call(token, which, who, agreed);
        } else {
            governor_.ended(which, who, unused(), world_.queue.now());
        }
    }
    const auto now = world_.queue.now();
    const auto known = facts_.find(token, now);
    if (!known.is_revoked && known.is_fresh && known.last.accepted) own->asked = known.last.asked;
    own->is_over = true;
    flights_.erase(token);
    own->landed.ring();
}

core::task<auth::admission> fleet_replica::admit(lane which, auth::asker who) {
    const auto now = world_.queue.now();
    auto turn = governor_.ask(which, who, now);
    if (turn.step == auth::admission::kind::wait) {
        const auto executor = world_.context.get_executor();
        turn = co_await governor_.admit(which, who, executor, now, now + gate_timeout / 2);
    }
    co_return turn;
}

core::task<fleet_replica::agreement> fleet_replica::agree(std::uint64_t token, lane which) {
    const auto began = world_.queue.now();
    const auto asked_before = facts_.find(token, began).last.asked;
    auth::fleet_question question{id_of(token),
                                  position_,
                                  {},
                                  static_cast<unsigned>(world_.cell.limit),
                                  budget_for_waste,
                                  std::chrono::duration_cast<std::chrono::seconds>(world_.cell.window)};
    int failures = 0;
    agreement out;
    for (;;) {
        const auto sent = world_.queue.now();
        out.what = agreement::kind::refuse;
        if (sent - began > gate_timeout || failures > 1) co_return out;
        const auto turn = co_await log_.begin(question, world_.context.get_executor());
        const auto now = world_.queue.now();
        out.what = agreement::kind::call;
        if (turn.step == fleet_turn::kind::away) co_return out;
        if (turn.step == fleet_turn::kind::go) {
            out.lock = turn.lock;
            out.asked_at_store = turn.at;
            co_return out;
        }
        if (turn.step == fleet_turn::kind::read) {
            co_await reach(turn.answer, now + modelled_log::timeout);
            question.seen = std::max(position_, turn.answer);
        } else if (turn.step == fleet_turn::kind::wait && !counts(turn)) {
            rejected(auth::fleet_defect::lock);
            question.ignored = turn.held;
        } else if (turn.step == fleet_turn::kind::wait) {
            out.what = agreement::kind::known;
            if (which == lane::refresh) co_return out;
            const bool failed = co_await wait_for(token, *turn.life, asked_before);
            failures += failed ? 1 : 0;
            question.seen = std::max(question.seen, position_);
        } else if (!is_plausible(turn)) {
            rejected(auth::fleet_defect::budget);
            if (!world_.cell.design.locks_without_budget) co_return out;
            question.budget = question.budget_for_waste = no_limit;
        } else {
            const auto last = began + longest_wait_for_budget;
            out.what = agreement::kind::refuse;
            if (which != lane::known || now >= last) co_return out;
            co_await world_.queue.until(std::min(now + core::time_point::duration(turn.pause), last));
        }
        out.what = agreement::kind::known;
        if (knows(token, asked_before)) co_return out;
    }
}

core::task<> fleet_replica::reach(log_position where, core::time_point until) {
    while (position_ < where && log_.stats().is_connected) {
        const bool rung = co_await changed_.wait(until);
        if (!rung) co_return;
    }
}

core::task<bool> fleet_replica::wait_for(std::uint64_t token, core::duration life,
                                         core::time_point asked_before) {
    const auto since = world_.queue.now();
    next_jitter_ = mix(next_jitter_);
    const auto until = since + life + core::duration(next_jitter_ % 50);
    for (;;) {
        const bool rung = co_await changed_.wait(until);
        if (!rung || !log_.stats().is_connected || knows(token, asked_before)) co_return false;
        if (failed_.contains(token) && failed_.at(token) >= since) co_return true;
    }
}

// Whether a lock is one that a replica of the fleet may hold.
bool fleet_replica::counts(const fleet_turn& held) const {
    if (!held.held_since || !held.life || *held.life <= 0ms || *held.life > store_model::lock_life)
        return false;
    return held.at - *held.held_since <= gate_timeout + 1s;
}

// Whether Gate, or the calls that are known here, confirm that so much of the budget is gone.
bool fleet_replica::is_plausible(const fleet_turn& later) {
    const auto now = world_.queue.now();
    const auto since = now - world_.cell.window - 1s;  // as the store counts
    if (later.for_waste) return 2 * within(wasted_, since) >= budget_for_waste;
    const auto limit = static_cast<double>(world_.cell.limit);
    auto left = limit - static_cast<double>(within(calls_, since));
    if (remaining_ && now - remaining_asked_ <= figures_are_young) left = static_cast<double>(*remaining_);
    return 2 * left <= limit;
}

bool fleet_replica::knows(std::uint64_t token, core::time_point asked_before) const {
    const auto known = facts_.find(token, world_.queue.now());
    return known.is_revoked || (known.is_fresh && known.last.asked != asked_before);
}

core::task<> fleet_replica::call(std::uint64_t token, lane which, auth::asker who, agreement go) {
    const auto sent = world_.queue.now();
    const auto verified_at = wall_now();
    world_.book.note_call(token, sent);
    const auto answer = co_await world_.gate.ask(token, sent + gate_timeout);
    if (is_stopped_) co_return;  // nobody is there any more
    const auto now = world_.queue.now();
    const auto result = result_of(answer, std::chrono::duration_cast<core::duration>(now - sent));
    governor_.ended(which, who, result, now);
    const bool accepted = answer.verdict == auth::verdict::allow;
    go.asked = go.lock == 0 ? sent - made_without_store : to_own(go.asked_at_store);
    if (answer.verdict != auth::verdict::unavailable) {
        const auto latest = sent + ttl_ + 5s;
        world_.book.note_answer(token, accepted, sent, now);
        facts_.learn(token, accepted, go.asked, ttl_, latest, now);
    }
    if (answer.reason == reason::gate_rate_limited && world_.has_store) {
        auth::fleet_notice pause;
        pause.kind = auth::fleet_kind::pause;
        pause.at = now;
        pause.until = now + std::max<std::chrono::seconds>(answer.retry_after, 1s);
        pause.keys = keys();
        log_.announce(pause);
    }
    publish(token, answer, go, verified_at);
}

void fleet_replica::publish(std::uint64_t token, const auth::verification& answer, const agreement& go,
                            core::wall_clock::time_point verified_at) {
    if (!world_.has_store || (go.lock == 0 && !log_.stats().is_connected)) return;
    const auto at = go.lock != 0 ? std::optional(go.asked_at_store) : to_store(go.asked);
    if (!at) return;
    const bool accepted = answer.verdict == auth::verdict::allow;
    const bool failed = answer.verdict == auth::verdict::unavailable;
    auth::fleet_result result;
    result.what = accepted ? auth::fleet_result::kind::accepted
                  : failed ? auth::fleet_result::kind::failed
                           : auth::fleet_result::kind::refused;
    result.is_waste = result.what == auth::fleet_result::kind::refused;
    auto& message = result.message;
    message.kind = failed ? auth::fleet_kind::failure : auth::fleet_kind::verdict;
    message.at = *at;
    message.token = id_of(token);
    message.refused_for = accepted ? reason::none : failed ? reason::gate_failing : reason::token_invalid;
    message.life = accepted ? ttl_ : std::min(ttl_, config::cache_options{}.negative_ttl);
    message.verified_at = verified_at;
    message.limit = answer.limit;
    message.remaining = answer.remaining;
    message.keys = keys();
    log_.finish(go.lock, std::move(result));
}

}  // namespace gate::simulation
