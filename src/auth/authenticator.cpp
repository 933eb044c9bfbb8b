#include <gate/auth/authenticator.hpp>
#include <gate/auth/freshness.hpp>

#include <algorithm>
#include <utility>

namespace gate::auth {
namespace {

using core::reason;

core::duration since(core::time_point begin, core::time_point now) {
    return std::chrono::duration_cast<core::duration>(now - begin);
}

verification failed(reason why) {
    verification out;
    out.why = why;
    return out;
}

decision unanswered(verdict what, reason why, std::chrono::seconds retry_after = {}) {
    decision out;
    out.what = what;
    out.why = why;
    out.retry_after = retry_after;
    return out;
}

decision decide(outcome&& from) {
    decision out;
    out.what = from.what;
    out.why = from.why;
    out.who = from.who;
    out.retry_after = from.retry_after;
    out.fresh_until = from.fresh_until;
    out.request_id = std::move(from.request_id);
    return out;
}

// What says that Gate cannot answer now. Not that this program does not ask: a client could bring that about.
bool gate_cannot_answer(reason why) {
    switch (why) {
        case reason::gate_unreachable:
        case reason::gate_timeout:
        case reason::gate_rate_limited:
        case reason::gate_failing:
        case reason::gate_bad_answer:
        case reason::gate_key_refused:
        case reason::gate_form_refused: return true;
        default: return false;
    }
}

call_result result_of(const verification& answer, core::duration took) {
    return {answer.why,       took,         answer.retry_after, answer.limit, answer.remaining,
            answer.retryable, answer.status};
}

// Whether an answer counts against whoever has sent the token: it is refused, or found so odd that the call
// fails.
bool is_held_against(const verification& answer) {
    const bool odd = answer.why == reason::gate_bad_answer && answer.status >= 400 && answer.status <= 499;
    return answer.what == verdict::deny || odd;
}

}  // namespace

struct authenticator::call {
    verification answer;
    core::time_point asked;
};

authenticator::authenticator(shared_state& shared, token_verifier& verifier, core::executor executor,
                             const config::cache_options& cache, const config::gate_options& gate,
                             const config::auth_options& auth)
    : shared_(shared),
      verifier_(verifier),
      executor_(executor),
      cache_(cache),
      gate_timeout_(gate.timeout),
      header_begin_(auth.header_name + ": ") {}

bool authenticator::find(const token_key& key, core::time_point now, decision& out) {
    const auto take = [&](std::string_view account) { out.who.assign(header_begin_, account); };
    if (const auto known = shared_.positive.find(key, now, take); known.state == cache_state::hit) {
        out.what = verdict::allow;
        out.why = reason::token_verified;
        out.cache = cache_state::hit;
        out.age = since(known.asked, now);
        out.fresh_until = known.fresh_until;
        out.refresh = known.refresh;
        return true;
    }
    out.who = {};  // of an entry that has expired
    const auto known = shared_.negative.find(key, now);
    if (known.why == reason::none) return false;
    out.what = verdict::deny;
    out.why = known.why;
    out.cache = cache_state::negative;
    out.age = since(known.asked, now);
    return true;
}

std::optional<decision> authenticator::find(const token_key& key, core::time_point now) {
    std::optional<decision> out(std::in_place);
    if (!find(key, now, *out)) out.reset();
    return out;
}

core::task<decision> authenticator::verify(std::string_view token, token_key key, client_id from,
                                           core::time_point deadline) {
    const auto began = shared_.time.now();
    if (shared_.revoked.covers(key, began)) co_return unanswered(verdict::deny, reason::token_revoked);
    auto state = shared_.positive.find(key, began).state;
    const auto which = state == cache_state::miss ? lane::unknown : lane::known;
    if (which == lane::unknown) {
        const auto turn = throttled(from);
        if (turn.what == admission::kind::refuse)
            co_return unanswered(verdict::deny, turn.why, turn.retry_after);
    }
    auto seat = shared_.flights.join(key);
    if (!seat) co_return unanswered(verdict::unavailable, reason::gate_busy);

    if (seat->leads()) {
        // Between the caller's look into the caches and now, another flight of this token may have landed.
        if (auto known = find(key, began)) {
            shared_.flights.land(key, {known->what, known->why, known->who, known->fresh_until, {}, {}});
            co_return std::move(*known);
        }
        start(token, key, which, from);
    } else {
        state = cache_state::coalesced;
    }
    auto landed = co_await shared_.flights.wait(std::move(*seat), executor_, deadline);
    auto out = landed ? decide(std::move(*landed)) : unanswered(verdict::unavailable, reason::gate_timeout);
    out.cache = state;
    if (out.what == verdict::unavailable) fall_back_on_grace(key, out);
    out.gate_time = since(began, shared_.time.now());
    co_return out;
}

admission authenticator::throttled(const client_id& who) {
    const auto left = shared_.failures.time_left(who, shared_.time.now());
    if (left.count() == 0) return {admission::kind::go, reason::none, {}};
    return {admission::kind::refuse, reason::token_throttled, left};
}

// cache.grace. Not for an entry that was never to be used, or is not any more.
void authenticator::fall_back_on_grace(const token_key& key, decision& out) {
    if (cache_.grace.count() == 0 || !gate_cannot_answer(out.why)) return;
    const auto now = shared_.time.now();
    identity who;
    const auto known = shared_.positive.find(
        key, now, [&](std::string_view account) { who.assign(header_begin_, account); });
    if (known.state == cache_state::miss || known.fresh_until <= known.asked) return;
    if (now >= known.fresh_until + cache_.grace || shared_.revoked.covers(key, now)) return;
    out.what = verdict::allow;
    out.why = reason::token_grace;
    out.who = who;
    out.cache = cache_state::stale;
    out.age = since(known.asked, now);
    out.fresh_until = known.fresh_until;
}

authenticator::renewal authenticator::renew(std::string_view token, const token_key& key,
                                            std::string_view account_id, core::time_point now) {
    if (shared_.revoked.covers(key, now)) return {verdict::deny, reason::token_revoked, {}};
    bool same = true;
    const auto known =
        shared_.positive.find(key, now, [&](std::string_view account) { same = account == account_id; });
    if (const auto until = vouches_until(known); known.state != cache_state::miss && now < until) {
        if (!same) return {verdict::deny, reason::token_invalid, {}};
        if (now >= renewal_point(known.asked, until)) start_unattended(token, key, lane::known);
        return {verdict::allow, reason::none, until};
    }
    if (const auto no = shared_.negative.last_word(key); no != reason::none) return {verdict::deny, no, {}};
    start_unattended(token, key, lane::known);
    return {};
}

// Until when an entry speaks for whoever is being served already. An answer that no other request may use
// does so for a TTL: else each of them would cost a call as often as somebody looks. One that was purged does
// not.
core::time_point authenticator::vouches_until(const token_cache::lookup& known) const {
    if (known.fresh_until > known.asked || !shared_.may_cache(known.asked)) return known.fresh_until;
    return known.asked + (cache_.ttl.count() > 0 ? cache_.ttl : config::cache_options{}.ttl);
}

void authenticator::start_unattended(std::string_view token, const token_key& key, lane which) {
    const auto seat = shared_.flights.join(key);
    if (seat && seat->leads()) start(token, key, which, std::nullopt);
}

// Asks the governor; has the call made by a task of its own, or lands the flight at once.
void authenticator::start(std::string_view token, const token_key& key, lane which,
                          std::optional<client_id> from) {
    const auto admitted = shared_.calls.ask(which, shared_.time.now());
    if (admitted.what == admission::kind::refuse) {
        shared_.flights.land(key, {verdict::unavailable, admitted.why, {}, {}, admitted.retry_after, {}});
        return;
    }
    const bool goes = admitted.what == admission::kind::go;
    try {
        core::spawn(run_verification(core::secret_string(std::string(token)), key, which, from, goes));
    } catch (...) {  // no memory to begin with
        if (goes) shared_.calls.ended(which, {}, shared_.time.now());
        shared_.flights.land(key, {});
    }
}

// From here on the flight lands, whatever happens.
core::task<> authenticator::run_verification(core::secret_string token, token_key key, lane which,
                                             std::optional<client_id> from, bool admitted) {
    outcome result;
    try {
        admission turn{admission::kind::go, reason::none, {}};
        if (!admitted) {
            // Not for as long as whoever waits for the answer: else waiting here would look like a silent
            // Gate.
            const auto now = shared_.time.now();
            governor::veto objection;
            if (which == lane::unknown && from) objection = [this, who = *from] { return throttled(who); };
            turn = co_await shared_.calls.admit(which, executor_, now, now + gate_timeout_ / 2, objection);
        }
        if (turn.what == admission::kind::go) {
            auto made = co_await make_call(std::move(token), which);
            if (from && is_held_against(made.answer)) shared_.failures.add(*from, shared_.time.now());
            result = settle(key, std::move(made));
        } else {
            result.what = turn.why == reason::token_throttled ? verdict::deny : verdict::unavailable;
            result.why = turn.why;
            result.retry_after = turn.retry_after;
        }
    } catch (...) {
        result = outcome{};  // internal_error: no memory for the answer
    }
    shared_.flights.land(key, result);
}

core::task<authenticator::call> authenticator::make_call(core::secret_string token, lane which) {
    try {
        return call_gate(std::move(token), which);
    } catch (...) {  // no memory to begin with
        shared_.calls.ended(which, {}, shared_.time.now());
        throw;
    }
}

// Makes the call that the governor has let go, and once more what may be repeated. Throws nothing but
// bad_alloc, and then too the governor knows that the call has ended.
core::task<authenticator::call> authenticator::call_gate(core::secret_string token, lane which) {
    struct under_way {
        governor& calls;
        const time_source& time;
        lane which;
        call_result result{};
        bool is_over = false;
        void end() {
            is_over = true;
            calls.ended(which, result, time.now());
        }
        ~under_way() {
            if (!is_over) end();
        }
    };
    for (bool again = false;; again = true) {
        under_way now_made{shared_.calls, shared_.time, which};
        call made;
        made.asked = shared_.time.now();
        const auto patience = std::min(gate_timeout_, shared_.calls.patience());
        made.answer =
            co_await ask_gate(core::secret_string(std::string(token.reveal())), made.asked + patience);
        made.answer = shared_.learn(std::move(made.answer));
        now_made.result = result_of(made.answer, since(made.asked, shared_.time.now()));
        now_made.end();
        if (again || !shared_.calls.may_retry(now_made.result, shared_.time.now())) co_return made;
        co_await shared_.time.sleep(executor_, shared_.calls.retry_delay());
        const auto admitted = shared_.calls.ask(which, shared_.time.now());
        if (admitted.what != admission::kind::go) co_return made;
    }
}

core::task<verification> authenticator::ask_gate(core::secret_string token, core::time_point deadline) {
    auto out = failed(reason::internal_error);
    try {
        out = co_await verifier_.verify(std::move(token), deadline);
    } catch (const std::exception&) {
        // Its text may hold anything: it goes nowhere.
        out = failed(reason::internal_error);
        out.detail = "exception";
    }
    co_return out;
}

// Remembers what Gate said, before the flight lands: whoever comes between the two finds it. Errors are not
// cached.
outcome authenticator::settle(const token_key& key, call made) {
    auto& answer = made.answer;
    outcome out{answer.what, answer.why, {}, {}, answer.retry_after, {}};
    switch (answer.what) {
        case verdict::allow: store_allow(key, made, out); break;
        case verdict::deny: store_deny(key, made); break;
        case verdict::unavailable:
            if (answer.why == reason::gate_rate_limited)
                out.retry_after = shared_.calls.time_left(shared_.time.now());
            break;
    }
    out.request_id = std::move(answer.request_id);
    return out;
}

// What may not be used again is stored as expired: the token is known from now on.
void authenticator::store_allow(const token_key& key, const call& made, outcome& out) {
    const auto& answer = made.answer;
    out.who.assign(header_begin_, answer.account_id);
    const auto fresh = freshness_of_allow(answer, cache_, made.asked, shared_.time.wall_now());
    if (fresh.clock_is_off) shared_.note_clock_off();
    if (fresh.ignored_no_store) shared_.note_no_store_ignored();
    const bool usable = fresh.cacheable && shared_.may_cache(made.asked);
    out.fresh_until = usable ? fresh.until : made.asked;
    vouched facts{answer.account_id, made.asked, out.fresh_until};
    if (usable && cache_.refresh_ahead) {
        const auto spread = key.hash() ^ static_cast<std::uint64_t>(made.asked.time_since_epoch().count());
        facts.refresh_at = refresh_point(made.asked, fresh.until, spread * 0x9e3779b97f4a7c15ULL);
    }
    const auto now = shared_.time.now();
    shared_.negative.erase(key);
    shared_.positive.put(key, facts, now);
    // Looked at again after it was stored: whoever purges says so first.
    if (usable && !shared_.may_cache(made.asked)) {
        out.fresh_until = facts.fresh_until = made.asked;
        facts.refresh_at = core::never;
        shared_.positive.put(key, facts, now);
    }
    // Rule 13. Looked up after it was stored: whoever revokes removes it after he has said so.
    if (!shared_.revoked.covers(key, now)) return;
    shared_.positive.erase(key);
    shared_.negative.put(key, {reason::token_revoked, now, now + cache_.ttl}, now);
    out = {verdict::deny, reason::token_revoked, {}, {}, {}, {}};
}

void authenticator::store_deny(const token_key& key, const call& made) {
    const auto fresh = freshness_of_deny(made.answer, cache_, made.asked);
    if (fresh.ignored_no_store) shared_.note_no_store_ignored();
    shared_.positive.erase(key);
    const bool usable = fresh.cacheable && shared_.may_cache(made.asked);
    shared_.negative.put(key, {made.answer.why, made.asked, usable ? fresh.until : made.asked},
                         shared_.time.now());
}

}  // namespace gate::auth
