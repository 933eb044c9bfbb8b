// The way of a verification: the governor's leave, the call, what is kept of its answer.
#include "authenticator_call.hpp"

#include <gate/auth/authenticator.hpp>
#include <gate/auth/fleet_fold.hpp>
#include <gate/auth/fleet_member.hpp>
#include <gate/auth/freshness.hpp>

#include <algorithm>
#include <utility>

namespace gate::auth {
namespace {

using core::reason;

verification failed(reason why) {
    verification out;
    out.reason = why;
    return out;
}

call_result result_of(const verification& answer, core::duration took) {
    return {answer.reason,    took,          answer.retry_after, answer.limit,     answer.remaining,
            answer.retryable, answer.status, answer.calls,       answer.held_back, answer.was_sent,
            answer.repeated,  false};
}

// Whether an answer counts against the client that sent the token: it is refused, or found so odd that the
// call fails, for a token that Gate has not accepted.
bool is_held_against(const verification& answer, lane which, attempt number) {
    const bool odd = is_odd(answer.reason, answer.status);
    return answer.verdict == verdict::deny || (odd && which == lane::unknown && number == attempt::first);
}

// A call that Gate did not answer. Not one that this program has not made, or not to its end: a client could
// bring that about.
bool has_failed(const verification& answer) {
    const auto call = core::row_of(answer.reason).call;
    return !answer.held_back && (call == core::gate_call::failed || call == core::gate_call::refused);
}

outcome not_asked(reason why, std::chrono::seconds retry_after, bool may_outlive_ttl) {
    return {verdict::unavailable, why, {}, {}, retry_after, {}, may_outlive_ttl};
}

}  // namespace

outcome authenticator::refused_by_governor(const admission& turn) {
    auto out = not_asked(turn.reason, turn.retry_after, turn.known_calls_fail);
    if (turn.reason == reason::token_throttled) out.verdict = verdict::deny;
    return out;
}

// Asks the governor; has the call made by a task of its own, or ends the flight immediately.
void authenticator::start(std::string_view token, const flight_id& flight, lane which,
                          std::optional<client_id> from) {
    const auto& key = flight.token;
    const auto now = shared_.time.now();
    if (const auto left = shared_.delays_of(which).time_left(key, now); left.count() != 0) {
        shared_.flights.land(flight, not_asked(reason::gate_call_delayed, left, which != lane::unknown));
        return;
    }
    const auto admitted = shared_.calls.ask(which, {key, from}, now);
    if (admitted.step == admission::kind::refuse) {
        shared_.flights.land(flight,
                             not_asked(admitted.reason, admitted.retry_after, admitted.known_calls_fail));
        return;
    }
    const bool goes = admitted.step == admission::kind::go;
    try {
        core::spawn(run_verification(core::secret_string(std::string(token)), flight, which, from, goes));
    } catch (...) {  // no memory to begin with
        if (goes) shared_.calls.ended(which, {key, from}, {}, shared_.time.now());
        shared_.flights.land(flight, {});
    }
}

// From here on the flight lands, whatever happens.
core::task<> authenticator::run_verification(core::secret_string token, flight_id flight, lane which,
                                             std::optional<client_id> from, bool admitted) {
    outcome result;
    ++under_way_;
    try {
        if (shared_.fleet != nullptr)
            result = co_await verify_in_fleet(std::move(token), flight, which, from, admitted);
        else
            result = co_await verify_alone(std::move(token), flight, which, from, admitted);
    } catch (...) {
        result = outcome{};  // internal_error: no memory for the answer
    }
    --under_way_;
    shared_.flights.land(flight, result);
}

core::task<outcome> authenticator::verify_alone(core::secret_string token, flight_id flight, lane which,
                                                std::optional<client_id> from, bool admitted) {
    const asker who{flight.token, from};
    if (!admitted) {
        // Not for as long as the request that waits for the answer: else waiting here would look like a
        // silent Gate.
        const auto now = shared_.time.now();
        governor::veto objection;
        if (which == lane::unknown && from) objection = [this, who = *from] { return throttled(who); };
        const auto turn =
            co_await shared_.calls.admit(which, who, executor_, now, now + gate_timeout_ / 2, objection);
        if (turn.step != admission::kind::go) co_return refused_by_governor(turn);
    }
    shared_.flights.note_call(flight,
                              which == lane::unknown ? core::never : core::clock::now() + late_after_);
    auto made = co_await make_call(std::move(token), which, who);
    co_return settle(flight.token, which, made);
}

core::task<authenticator::call> authenticator::make_call(core::secret_string token, lane which, asker who) {
    try {
        return call_gate(std::move(token), which, who);
    } catch (...) {  // no memory to begin with
        shared_.calls.ended(which, who, {}, shared_.time.now());
        throw;
    }
}

// Makes the call that the governor has let go, and once more what may be repeated.
core::task<authenticator::call> authenticator::call_gate(core::secret_string token, lane which, asker who) {
    for (auto number = attempt::first;; number = attempt::second) {
        auto copy = core::secret_string(std::string(token.reveal()));
        auto made = co_await make_attempt(std::move(copy), which, who, number);
        if (number == attempt::second) co_return made;
        if (!shared_.calls.may_retry(which, who, made.result, shared_.time.now())) co_return made;
        co_await shared_.time.sleep(executor_, shared_.calls.retry_delay());
        const auto admitted = shared_.calls.ask(which, who, shared_.time.now());
        if (admitted.step != admission::kind::go) co_return made;
    }
}

core::task<authenticator::call> authenticator::make_attempt(core::secret_string token, lane which, asker who,
                                                            attempt number) {
    try {
        return attempt_call(std::move(token), which, who, number);
    } catch (...) {  // no memory to begin with
        shared_.calls.ended(which, who, {}, shared_.time.now());
        throw;
    }
}

// An answer for which a sleeping machine has waited is as old as its question, and a yes that would have come
// too late, had our clock gone on, is none.
void authenticator::grow_older(call& made, core::time_point::duration asleep,
                               core::time_point::duration patience_left) {
    made.asked = made.began -= asleep;
    const bool is_late = asleep.count() != 0 && asleep > patience_left;
    if (is_late && made.answer.verdict == verdict::allow) made.answer = failed(reason::gate_timeout);
}

// A call that the governor has let go. Throws nothing but bad_alloc, and then too the governor knows that the
// call has ended.
core::task<authenticator::call> authenticator::attempt_call(core::secret_string token, lane which, asker who,
                                                            attempt number) {
    struct under_way {
        governor& calls;
        const time_source& time;
        lane which;
        const auth::asker& asker;
        call_result result{};
        bool is_over = false;
        void end() {
            is_over = true;
            calls.ended(which, asker, result, time.now());
        }
        ~under_way() {
            if (!is_over) end();
        }
    };
    under_way now_made{shared_.calls, shared_.time, which, who};
    call made;
    const auto asleep = time_asleep();
    made.asked = made.began = shared_.time.now();
    const auto patience = std::min(gate_timeout_, shared_.calls.patience(which, who));
    made.answer = co_await ask_gate(std::move(token), made.began + patience, number);
    const auto took = shared_.time.now() - made.began;
    grow_older(made, time_asleep() - asleep, patience - took);
    made.answer = shared_.learn(std::move(made.answer));
    now_made.result = result_of(made.answer, std::chrono::duration_cast<core::duration>(took));
    now_made.result.is_retry = number == attempt::second;
    // Before the next one has its turn, which may be one of the same client's.
    if (who.from && is_held_against(made.answer, which, number))
        shared_.failures.add(*who.from, shared_.time.now());
    now_made.end();
    made.result = now_made.result;
    co_return made;
}

// For how long the machine has slept since the start, which our clock does not know. Nothing: nobody looks.
core::time_point::duration authenticator::time_asleep() const {
    return shared_.fleet != nullptr ? shared_.fleet->look_at_clocks() : core::time_point::duration{0};
}

core::task<verification> authenticator::ask_gate(core::secret_string token, core::time_point deadline,
                                                 attempt number) {
    auto out = failed(reason::internal_error);
    try {
        out = co_await verifier_.verify(std::move(token), deadline, number);
    } catch (const std::exception&) {
        // Its text may hold anything: it goes nowhere.
        out = failed(reason::internal_error);
        out.detail = "exception";
    }
    co_return out;
}

// Remembers what Gate said, before the flight ends: a request between the two finds it. Errors are not
// cached.
outcome authenticator::settle(const token_key& key, lane which, call& made) {
    auto& answer = made.answer;
    outcome out{answer.verdict, answer.reason, {}, {}, answer.retry_after, {}, false};
    if (answer.verdict != verdict::unavailable) shared_.delays_of(which).erase(key);
    switch (answer.verdict) {
        case verdict::allow: store_allow(key, made, out); break;
        case verdict::deny: store_deny(key, made); break;
        case verdict::unavailable:
            out.may_outlive_ttl = which != lane::unknown && has_failed(answer);
            if (answer.reason == reason::gate_rate_limited)
                out.retry_after = shared_.calls.time_left(shared_.time.now());
            break;
    }
    out.request_id = std::move(answer.request_id);
    out.gate_status = answer.status;
    return out;
}

// What may not be used again is stored as expired: the token is known from now on.
void authenticator::store_allow(const token_key& key, call& made, outcome& out) {
    const auto& answer = made.answer;
    out.identity.assign(identity_begin_, answer.account_id);
    const auto fresh =
        freshness_of_allow(answer, cache_, std::min(made.asked, made.began), shared_.time.wall_now());
    if (fresh.clock_is_off) shared_.note_clock_off();
    if (fresh.ignored_no_store) shared_.note_no_store_ignored();
    vouched fact{answer.account_id, made.asked, fresh.cacheable ? fresh.until : made.asked};
    made.life = std::max(core::time_point::duration{0}, fact.fresh_until - fact.asked);
    if (fresh.cacheable && cache_.refresh_ahead && shared_.fleet != nullptr) {
        fact.refresh_at = fleet_refresh_point(made.asked, fresh.until, id_of(key));
    } else if (fresh.cacheable && cache_.refresh_ahead) {
        const auto spread = key.hash() ^ static_cast<std::uint64_t>(made.asked.time_since_epoch().count());
        fact.refresh_at = refresh_point(made.asked, fresh.until, spread * 0x9e3779b97f4a7c15ULL);
    }
    const auto counts = shared_.facts.learn(key, fact, shared_.time.now());
    out.fresh_until = counts.fresh_until;
    if (counts.refused_for != reason::none) out = {verdict::deny, counts.refused_for, {}, {}, {}, {}, false};
}

void authenticator::store_deny(const token_key& key, call& made) {
    const auto fresh = freshness_of_deny(made.answer, cache_, std::min(made.asked, made.began));
    if (fresh.ignored_no_store) shared_.note_no_store_ignored();
    const refused fact{made.answer.reason, made.asked, fresh.cacheable ? fresh.until : made.asked};
    made.life = std::max(core::time_point::duration{0}, fact.until - fact.asked);
    shared_.facts.refuse(key, fact, shared_.time.now());
}

}  // namespace gate::auth
