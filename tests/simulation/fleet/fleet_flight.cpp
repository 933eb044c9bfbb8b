// A miss of fleet_replica: what fleet_miss says, done in virtual time.

#include "fleet_replica.hpp"

#include <algorithm>

namespace gate::simulation {
namespace {

using auth::fleet_miss;
using auth::lane;
using core::reason;
using namespace std::chrono_literals;

constexpr core::duration made_without_store{250};
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

}  // namespace

struct fleet_replica::flight_state {
    std::uint64_t token;
    lane which;
    auth::asker who;
    core::time_point known_before;
    fleet_miss miss;
    fleet_miss::action next = fleet_miss::start();
    bool has_permit = false;
    bool is_over = false;
};

core::task<> fleet_replica::fly(std::uint64_t token, lane which, auth::client_id from, shared_flight own) {
    const auto began = world_.queue.now();
    const fleet_miss::options how{modelled_log::timeout, gate_timeout};
    flight_state state{token,
                       which,
                       {key_of(token), from},
                       last_word(token),
                       fleet_miss(which, how, began, mix(token + number_))};
    while (!state.is_over) {
        if (const auto* ask = std::get_if<fleet_miss::begin>(&state.next)) {
            const auto question = *ask;
            co_await ask_store(state, question);
        } else if (const auto* read = std::get_if<fleet_miss::read>(&state.next)) {
            co_await wait(state, read->until, read->answer);
        } else if (const auto* other = std::get_if<fleet_miss::wait>(&state.next)) {
            co_await wait(state, other->until, std::nullopt);
        } else if (const auto* go = std::get_if<fleet_miss::call>(&state.next)) {
            co_await call(state, go->lock, go->asked);
        } else if (std::holds_alternative<fleet_miss::call_alone>(state.next)) {
            co_await call(state, 0, store_time{});
        } else {
            state.is_over = true;
        }
    }
    if (state.has_permit) governor_.withdraw(which, state.who, world_.queue.now());
    const auto known = recall(token);
    const bool passes = !known.is_revoked && known.was_accepted && world_.queue.now() < known.fresh_until;
    if (passes) own->asked = known.asked;
    own->is_over = true;
    flights_.erase(token);
    own->landed.ring();
}

core::task<> fleet_replica::ask_governor(flight_state& own) {
    const auto now = world_.queue.now();
    auto turn = governor_.ask(own.which, own.who, now);
    if (turn.step == auth::admission::kind::wait) {
        const auto executor = world_.context.get_executor();
        turn = co_await governor_.admit(own.which, own.who, executor, now, now + gate_timeout / 2);
    }
    own.has_permit = turn.step == auth::admission::kind::go;
    own.is_over = !own.has_permit;
}

core::task<> fleet_replica::ask_store(flight_state& own, fleet_miss::begin how) {
    if (!own.has_permit) {
        co_await ask_governor(own);
        if (own.is_over) co_return;
    }
    const auto seen = position_;
    own.is_over = knows(own.token, own.known_before);
    if (own.is_over) co_return;
    own.next = fleet_miss::store_is_late();
    if (!world_.has_store) co_return;
    const auto sent = world_.queue.now();
    const auto numbers = budget_.now_is(sent);
    auth::fleet_question question{id_of(own.token),         seen,          how.ignored, numbers.budget,
                                  numbers.budget_for_waste, numbers.window};
    if (how.without_budget) question.budget = question.budget_for_waste = 0;
    const auto turn = co_await log_.begin(question, world_.context.get_executor());
    const auto now = world_.queue.now();
    const bool is_later = turn.step == auth::fleet_turn::kind::later;
    const bool confirms =
        is_later && (turn.for_waste ? budget_.confirms_waste(now) : budget_.confirms_calls(now));
    if (is_later && !confirms) rejected(auth::fleet_defect::budget);
    own.next = own.miss.turned(turn, confirms, sent, now);
    const bool calls = std::holds_alternative<fleet_miss::call>(own.next) ||
                       std::holds_alternative<fleet_miss::call_alone>(own.next);
    if (calls) co_return;
    governor_.withdraw(own.which, own.who, now);
    own.has_permit = false;
}

core::task<> fleet_replica::wait(flight_state& own, core::time_point until,
                                 std::optional<log_position> where) {
    const auto since = world_.queue.now();
    const auto losses = losses_;
    for (;;) {
        own.is_over = knows(own.token, own.known_before);
        if (own.is_over) co_return;
        const auto now = world_.queue.now();
        if (where && position_ >= *where) {
            own.next = own.miss.has_read(now);
            co_return;
        }
        if (losses_ != losses) {
            own.next = fleet_miss::store_is_late();
            co_return;
        }
        if (const auto failed = failed_.find(own.token); failed != failed_.end() && failed->second >= since) {
            own.next = own.miss.heard_failure(reason::gate_failing, failed->second, now);
            co_return;
        }
        if (now >= until) {
            own.next = own.miss.timed_out(now);
            co_return;
        }
        co_await changed_.wait(until);
    }
}

core::task<> fleet_replica::call(flight_state& own, auth::fleet_lock lock, store_time asked_at_store) {
    if (!own.has_permit) {
        co_await ask_governor(own);
        if (own.is_over) co_return;
    }
    own.is_over = true;
    own.has_permit = false;
    const auto sent = world_.queue.now();
    const auto verified_at = wall_now();
    world_.book.note_call(own.token, sent);
    const auto answer = co_await world_.gate.ask(own.token, sent + gate_timeout);
    if (is_stopped_) co_return;  // nobody is there any more
    const auto now = world_.queue.now();
    const auto result = result_of(answer, std::chrono::duration_cast<core::duration>(now - sent));
    governor_.ended(own.which, own.who, result, now);
    if (answer.verdict != auth::verdict::unavailable)
        world_.book.note_answer(own.token, answer.verdict == auth::verdict::allow, sent);
    auto asked = sent;
    if (world_.has_store) asked = lock == 0 ? sent - made_without_store : clock_.to_local(asked_at_store);
    learn(own.token, answer, asked);
    if (answer.reason == reason::gate_rate_limited && world_.has_store) {
        auth::fleet_notice pause;
        pause.kind = auth::fleet_kind::pause;
        pause.at = now;
        pause.until = now + governor_.time_left(now);
        pause.keys = keys();
        log_.announce(pause);
    }
    if (lock != 0) publish(own.token, answer, lock, asked_at_store, verified_at);
}

void fleet_replica::publish(std::uint64_t token, const auth::verification& answer, auth::fleet_lock lock,
                            store_time asked, core::wall_clock::time_point verified_at) {
    using kind = auth::fleet_result::kind;
    auth::fleet_result result;
    auto& message = result.message;
    message.kind = auth::fleet_kind::verdict;
    message.at = asked;
    message.token = id_of(token);
    message.verified_at = verified_at;
    message.limit = answer.limit;
    message.remaining = answer.remaining;
    message.keys = keys();
    if (answer.verdict == auth::verdict::allow) {
        result.outcome = kind::accepted;
        message.account = answer.account_id;
        message.life = rules_.ttl;
    } else if (answer.verdict == auth::verdict::deny) {
        result.outcome = kind::refused;
        result.is_waste = true;
        message.refused_for = answer.reason;
        message.life = rules_.negative_ttl;
    } else {
        result.outcome = kind::failed;
        message.kind = auth::fleet_kind::failure;
        message.refused_for = answer.reason;
    }
    log_.finish(lock, std::move(result));
}

}  // namespace gate::simulation
