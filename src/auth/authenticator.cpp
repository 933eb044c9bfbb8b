#include <gate/auth/authenticator.hpp>
#include <gate/auth/freshness.hpp>

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

decision unavailable(reason why) {
    decision out;
    out.why = why;
    return out;
}

decision decide(outcome&& from) {
    decision out;
    out.what = from.what;
    out.why = from.why;
    out.who = from.who;
    out.retry_after = from.retry_after;
    out.request_id = std::move(from.request_id);
    return out;
}

}  // namespace

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

core::task<decision> authenticator::verify(std::string_view token, token_key key, core::time_point deadline) {
    const auto began = shared_.time.now();
    auto seat = shared_.flights.join(key);
    if (!seat) co_return unavailable(reason::gate_busy);

    auto state = cache_state::coalesced;
    if (seat->leads()) {
        // Between the caller's look into the caches and now, another flight of this token may have landed.
        if (auto known = find(key, began)) {
            shared_.flights.land(key, {known->what, known->why, known->who, {}, {}});
            co_return std::move(*known);
        }
        state = shared_.positive.find(key, began).state;
        start(token, key);
    }
    auto landed = co_await shared_.flights.wait(std::move(*seat), executor_, deadline);
    auto out = landed ? decide(std::move(*landed)) : unavailable(reason::gate_timeout);
    out.cache = state;
    out.gate_time = since(began, shared_.time.now());
    co_return out;
}

// Asks the governor; has the call made by a task of its own, or lands the flight at once.
void authenticator::start(std::string_view token, const token_key& key) {
    const auto admitted = shared_.calls.ask(shared_.time.now());
    if (!admitted.granted) {
        shared_.flights.land(key, {verdict::unavailable, admitted.why, {}, admitted.retry_after, {}});
        return;
    }
    try {
        core::spawn(run_verification(core::secret_string(std::string(token)), key));
    } catch (...) {  // no memory to begin with
        shared_.calls.ended();
        shared_.flights.land(key, {});
    }
}

// From here on the flight lands, whatever happens.
core::task<> authenticator::run_verification(core::secret_string token, token_key key) {
    outcome result;
    try {
        const auto asked = shared_.time.now();
        auto answer = co_await ask_gate(std::move(token), asked + gate_timeout_);
        result = settle(key, shared_.learn(std::move(answer)), asked);
    } catch (...) {
        result = outcome{};  // internal_error: no memory for the answer
    }
    shared_.calls.ended();
    shared_.flights.land(key, result);
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
outcome authenticator::settle(const token_key& key, verification answer, core::time_point asked) {
    outcome out{answer.what, answer.why, {}, answer.retry_after, {}};
    switch (answer.what) {
        case verdict::allow: out.who = store_allow(key, answer, asked); break;
        case verdict::deny: store_deny(key, answer, asked); break;
        case verdict::unavailable:
            if (answer.why == reason::gate_rate_limited)
                out.retry_after = shared_.calls.time_left(shared_.time.now());
            break;
    }
    out.request_id = std::move(answer.request_id);
    return out;
}

identity authenticator::store_allow(const token_key& key, const verification& answer,
                                    core::time_point asked) {
    const identity who(header_begin_, answer.account_id);
    const auto fresh = freshness_of_allow(answer, cache_, asked, shared_.time.wall_now());
    if (fresh.clock_is_off) shared_.note_clock_off();
    if (fresh.ignored_no_store) shared_.note_no_store_ignored();
    shared_.negative.erase(key);
    if (fresh.cacheable)
        shared_.positive.put(key, {answer.account_id, asked, fresh.until}, shared_.time.now());
    return who;
}

void authenticator::store_deny(const token_key& key, const verification& answer, core::time_point asked) {
    const auto fresh = freshness_of_deny(answer, cache_, asked);
    if (fresh.ignored_no_store) shared_.note_no_store_ignored();
    shared_.positive.erase(key);
    if (fresh.cacheable) shared_.negative.put(key, {answer.why, asked, fresh.until}, shared_.time.now());
}

}  // namespace gate::auth
