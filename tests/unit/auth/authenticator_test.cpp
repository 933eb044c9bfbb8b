#include <gate/auth/authenticator.hpp>

#include <boost/asio/post.hpp>

#include <algorithm>
#include <atomic>
#include <catch.hpp>
#include <stdexcept>
#include <thread>
#include <token_keys.hpp>
#include <vector>

using namespace gate;
using namespace std::chrono_literals;
using auth::cache_state;
using auth::decision;
using auth::verdict;
using auth::verification;
using core::reason;

namespace {

// Answers when the test says so.
class held_verifier : public auth::token_verifier {
public:
    core::task<verification> verify(core::secret_string token, core::time_point,
                                    auth::attempt which) override {
        ++calls;
        attempts.push_back(which);
        tokens.emplace_back(token.reveal());
        if (hold) co_await parking{*this};
        if (throws) throw std::runtime_error("boom");
        co_return next;
    }

    void release() {
        auto parked = std::move(parked_);
        for (const auto each : parked) each.resume();
    }

    int calls = 0;
    std::vector<auth::attempt> attempts;
    std::vector<std::string> tokens;
    bool hold = false;
    bool throws = false;
    verification next;

private:
    struct parking {
        held_verifier& self;
        bool await_ready() const noexcept { return false; }
        void await_suspend(std::coroutine_handle<> waiting) { self.parked_.push_back(waiting); }
        void await_resume() const noexcept {}
    };
    std::vector<std::coroutine_handle<>> parked_;
};

verification vouching(std::string account = "gacct_1") {
    verification out;
    out.status = 200;
    out.verdict = verdict::allow;
    out.reason = reason::token_verified;
    out.account_id = std::move(account);
    return out;
}

verification answer(int status, verdict what, reason why) {
    verification out;
    out.status = status;
    out.verdict = what;
    out.reason = why;
    return out;
}

struct fixture {
    fixture() { verifier.next = vouching(); }

    static core::task<> store(core::task<decision> work, std::optional<decision>& out) {
        out = co_await std::move(work);
    }
    void begin(std::optional<decision>& out, auth::token_key which = key,
               core::time_point deadline = core::never) {
        core::spawn(store(whole->subject.verify("agt_a", which, auth::client_id{}, deadline), out));
    }
    decision verify(auth::token_key which = key, auth::client_id from = {}) {
        std::optional<decision> out;
        core::spawn(store(whole->subject.verify("agt_a", which, from, core::never), out));
        context.restart();
        context.run();
        REQUIRE(out);
        return *out;
    }

    core::task<> sleep(core::duration span) {
        slept.push_back(span);
        co_return;
    }

    static inline const auth::token_key key = key_number(1);
    core::time_point now{1000s};
    config::cache_options cache;
    config::limit_options limits{.verifications = 4, .verification_waiters = 4, .verification_queue = 0};
    config::gate_options gate;
    std::vector<core::duration> slept;
    core::asio::io_context context{1};
    held_verifier verifier;
    // Made of the options above, anew where a test has changed them.
    struct parts {
        explicit parts(fixture& f)
            : shared(f.cache, f.gate, f.limits, {},
                     {[&f] { return f.now; }, [] { return core::wall_clock::time_point(1'700'000'000s); },
                      [&f](core::executor, core::duration span) { return f.sleep(span); }}),
              subject(shared, f.verifier, f.context.get_executor(), f.cache, f.gate, {}) {}
        auth::shared_state shared;
        auth::authenticator subject;
    };
    void start_anew() { whole.emplace(*this); }
    std::optional<parts> whole{std::in_place, *this};
};

}  // namespace

TEST_CASE_METHOD(fixture, "a verified token is a hit until its TTL ends, then asked again") {
    CHECK_FALSE(whole->subject.find(key, now));
    const auto first = verify();
    CHECK(first.verdict == verdict::allow);
    CHECK(first.cache == cache_state::miss);
    CHECK(first.identity.header_line() == "X-Gate-Account-Id: gacct_1\r\n");

    now += 59s;
    const auto hit = whole->subject.find(key, now);
    REQUIRE(hit);
    CHECK(hit->verdict == verdict::allow);
    CHECK(hit->cache == cache_state::hit);
    CHECK(hit->age == 59s);
    CHECK(hit->identity.account_id() == "gacct_1");

    now += 1s;
    decision expired;
    CHECK_FALSE(whole->subject.find(key, now, expired));
    CHECK_FALSE(expired.identity);
    CHECK(verify().cache == cache_state::expired);
    CHECK(verifier.calls == 2);
}

TEST_CASE_METHOD(fixture, "a refused token is denied from the cache until its negative TTL ends") {
    verifier.next = answer(200, verdict::deny, reason::token_invalid);
    CHECK(verify().verdict == verdict::deny);
    now += 29s;
    const auto hit = whole->subject.find(key, now);
    REQUIRE(hit);
    CHECK(hit->verdict == verdict::deny);
    CHECK(hit->reason == reason::token_invalid);
    CHECK(hit->cache == cache_state::negative);
    CHECK_FALSE(hit->identity);
    now += 1s;
    CHECK_FALSE(whole->subject.find(key, now));
}

TEST_CASE_METHOD(fixture, "rule 12: a refused token takes no place among the accepted ones") {
    verifier.next = answer(200, verdict::deny, reason::token_invalid);
    verify();
    CHECK(whole->shared.stats().tokens.accepted == 0);
    CHECK(whole->shared.stats().tokens.refused == 1);
}

TEST_CASE_METHOD(fixture, "rule 12: an error is never cached") {
    for (const auto why : {reason::gate_unreachable, reason::gate_timeout, reason::gate_failing,
                           reason::gate_bad_answer, reason::gate_key_refused}) {
        verifier.next = answer(0, verdict::unavailable, why);
        const auto got = verify();
        CHECK(got.verdict == verdict::unavailable);
        CHECK(got.reason == why);
        CHECK_FALSE(got.identity);
        CHECK_FALSE(whole->subject.find(key, now));
    }
    CHECK(verifier.calls == 5);
}

TEST_CASE_METHOD(fixture, "parallel requests with one token cost one call") {
    verifier.hold = true;
    std::optional<decision> got[4];
    for (auto& each : got) begin(each);
    CHECK(verifier.calls == 1);
    verifier.release();
    context.restart();
    context.run();
    CHECK(got[0]->cache == cache_state::miss);
    for (const auto& each : got) CHECK(each->verdict == verdict::allow);
    for (int i = 1; i < 4; ++i) CHECK(got[i]->cache == cache_state::coalesced);
}

TEST_CASE_METHOD(fixture, "a waiter that gives up does not cancel what the others wait for") {
    verifier.hold = true;
    std::optional<decision> hasty;
    std::optional<decision> patient;
    begin(hasty, key, core::clock::now());
    begin(patient);
    context.run();
    REQUIRE(hasty);
    CHECK(hasty->verdict == verdict::unavailable);
    CHECK(hasty->reason == reason::gate_timeout);
    CHECK_FALSE(patient);
    verifier.release();
    context.restart();
    context.run();
    CHECK(patient->verdict == verdict::allow);
    CHECK(verifier.calls == 1);
}

TEST_CASE_METHOD(fixture, "an exception in a verifier is unavailable, not allow, and lets the flight land") {
    verifier.throws = true;
    const auto got = verify();
    CHECK(got.verdict == verdict::unavailable);
    CHECK(got.reason == reason::internal_error);
    CHECK(whole->shared.stats().gate_calls.under_way == 0);
    verifier.throws = false;
    CHECK(verify().verdict == verdict::allow);
}

TEST_CASE_METHOD(fixture, "rule 25: the text of an exception goes nowhere, for it may hold anything") {
    std::string log;
    auth::shared_state noting{
        cache, {}, limits, [&](config::log_level, std::string_view line) { log += line; }};
    auth::authenticator other{noting, verifier, context.get_executor(), cache, {}, {}};
    verifier.throws = true;
    std::optional<decision> got;
    core::spawn(store(other.verify("agt_a", key, auth::client_id{}, core::never), got));
    context.run();
    REQUIRE(got);
    CHECK_FALSE(log.empty());
    CHECK(log.find("boom") == std::string::npos);
}

TEST_CASE_METHOD(fixture,
                 "rule 24: calls, tokens that wait, and waiters beyond their bounds are refused at once") {
    verify(key_number(9));  // two at once from now on
    verifier.calls = 0;
    verifier.hold = true;
    std::optional<decision> got[6];
    begin(got[0], key_number(1));
    begin(got[1], key_number(2));
    begin(got[2], key_number(3));
    REQUIRE(got[2]);
    CHECK(got[2]->reason == reason::gate_busy);
    for (int i = 3; i < 5; ++i) begin(got[i], key_number(1));
    std::optional<decision> one_too_many;
    begin(one_too_many, key_number(1));
    REQUIRE(one_too_many);
    CHECK(one_too_many->verdict == verdict::unavailable);
    CHECK(one_too_many->reason == reason::gate_busy);
    CHECK(verifier.calls == 2);
    verifier.release();
    context.restart();
    context.run();
}

TEST_CASE_METHOD(fixture, "after a 429 nobody calls Gate until its Retry-After has passed") {
    auto limited = answer(429, verdict::unavailable, reason::gate_rate_limited);
    limited.retry_after = 10s;
    verifier.next = limited;
    const auto wait = verify().retry_after;  // when we would try: a little later than Gate says
    CHECK(wait > 10s);
    CHECK(wait <= 12s);
    verifier.next = vouching();
    now += 9s;
    const auto refused = verify(key_number(2));
    CHECK(refused.reason == reason::gate_rate_limited);
    CHECK(refused.retry_after >= 1s);
    CHECK(verifier.calls == 1);
    now += 1s + 1'500ms;
    CHECK(verify(key).verdict == verdict::unavailable);  // never accepted before: not the first to try
    now += 2s;
    CHECK(verify(key).verdict == verdict::allow);
}

TEST_CASE_METHOD(fixture, "cached tokens pass while calls are stopped") {
    verify();
    whole->shared.calls.rate_limited(30s, now);
    CHECK(whole->subject.find(key, now)->verdict == verdict::allow);
    CHECK(verify(key_number(2)).reason == reason::gate_rate_limited);
}

TEST_CASE_METHOD(fixture, "a token that was refused and is accepted now is a hit, and the other way round") {
    verifier.next = answer(200, verdict::deny, reason::token_invalid);
    verify();
    now += 30s;
    verifier.next = vouching();
    verify();
    CHECK(whole->subject.find(key, now)->verdict == verdict::allow);
    now += 60s;
    verifier.next = answer(200, verdict::deny, reason::token_revoked);
    verify();
    CHECK(whole->subject.find(key, now)->reason == reason::token_revoked);
}

TEST_CASE_METHOD(fixture, "a 422 after a 200 denies this token and is cached as a refusal") {
    verify();
    verifier.next = answer(422, verdict::unavailable, reason::gate_form_refused);
    CHECK(verify(key_number(2)).reason == reason::token_rejected);
    CHECK(whole->subject.find(key_number(2), now)->verdict == verdict::deny);
}

TEST_CASE_METHOD(fixture,
                 "who comes between another flight's landing and its own joining makes no second call") {
    verify();
    const auto late = verify();  // as if its look into the cache had come before
    CHECK(late.verdict == verdict::allow);
    CHECK(late.cache == cache_state::hit);
    CHECK(verifier.calls == 1);
    CHECK(whole->shared.flights.flights() == 0);
}

TEST_CASE_METHOD(fixture,
                 "tokens that Gate has accepted before go on where unknown ones have spent their part") {
    gate.budget.unknown = 5;
    start_anew();
    verify();
    verifier.next = answer(200, verdict::deny, reason::token_invalid);
    for (std::uint64_t i = 2; i < 7; ++i) CHECK(verify(key_number(i)).reason == reason::token_invalid);
    verifier.next = vouching();
    const auto unknown = verify(key_number(7));
    CHECK(unknown.verdict == verdict::unavailable);
    CHECK(unknown.reason == reason::gate_budget_spent);
    CHECK(unknown.retry_after > 0s);
    now += 60s;  // the entry has expired, and its token is known still
    const auto known = verify();
    CHECK(known.verdict == verdict::allow);
    CHECK(known.cache == cache_state::expired);
}

TEST_CASE_METHOD(
    fixture, "who sends too many tokens that Gate refuses is told to wait, but for those it has accepted") {
    limits.failed_tokens = 3;
    start_anew();
    verify();
    verifier.next = answer(200, verdict::deny, reason::token_invalid);
    for (std::uint64_t i = 2; i < 5; ++i) CHECK(verify(key_number(i)).reason == reason::token_invalid);
    const auto calls = verifier.calls;
    const auto throttled = verify(key_number(5));
    CHECK(throttled.verdict == verdict::deny);
    CHECK(throttled.reason == reason::token_throttled);
    CHECK(throttled.retry_after == 20s);
    CHECK(verifier.calls == calls);
    auth::client_id elsewhere;
    elsewhere.bytes[0] = 1;
    CHECK(verify(key_number(5), elsewhere).reason == reason::token_invalid);
    verifier.next = vouching();
    now += 61s;
    for (int i = 0; i < 3; ++i) whole->shared.failures.add({}, now);
    CHECK(verify().verdict == verdict::allow);
    CHECK(verify(key_number(6)).reason == reason::token_throttled);
}

TEST_CASE_METHOD(fixture, "a token that is in use is asked about before its TTL ends, by one of its hits") {
    verify();
    now += 47s;
    CHECK_FALSE(whole->subject.find(key, now)->refresh);
    now += 10s;
    verifier.hold = true;
    REQUIRE(whole->subject.find(key, now)->refresh);
    CHECK_FALSE(whole->subject.find(key, now)->refresh);
    whole->subject.refresh("agt_a", key);
    CHECK(verifier.calls == 2);
    whole->subject.refresh("agt_a", key);  // under way already
    CHECK(verifier.calls == 2);
    CHECK(whole->subject.find(key, now)->verdict == verdict::allow);
    verifier.release();
    now += 30s;
    CHECK(whole->subject.find(key, now)->age == 30s);
    CHECK(whole->shared.flights.flights() == 0);
}

TEST_CASE_METHOD(fixture, "when calls are scarce nothing is asked about early, and what is due is") {
    verify();
    now += 57s;
    auto scarce = vouching();
    scarce.remaining = 100;
    scarce.limit = 600;
    verifier.next = scarce;
    verify(key_number(2));
    const auto calls = verifier.calls;
    REQUIRE(whole->subject.find(key, now)->refresh);
    whole->subject.refresh("agt_a", key);
    CHECK(verifier.calls == calls);
    CHECK(whole->shared.flights.flights() == 0);
    CHECK_FALSE(whole->subject.find(key, now)->refresh);
    now += 1s;
    CHECK(whole->subject.find(key, now)->refresh);  // it is tried again
    now += 2s;
    CHECK(verify().verdict == verdict::allow);
    CHECK(verifier.calls == calls + 1);
}

TEST_CASE_METHOD(fixture, "cache.refresh_ahead: false asks when the TTL has ended, and not before") {
    cache.refresh_ahead = false;
    start_anew();
    verify();
    now += 60s - 1ms;
    CHECK_FALSE(whole->subject.find(key, now)->refresh);
}

TEST_CASE_METHOD(fixture, "a refusal of an early question ends a hit") {
    verify();
    now += 57s;
    verifier.next = answer(200, verdict::deny, reason::token_revoked);
    whole->subject.refresh("agt_a", key);
    CHECK(whole->subject.find(key, now)->reason == reason::token_revoked);
}

TEST_CASE_METHOD(fixture,
                 "grace: while Gate cannot answer, an accepted token outlives its TTL, and no longer") {
    cache.grace = 100s;
    start_anew();
    verify();
    verifier.next =
        answer(0, verdict::unavailable,
               GENERATE(reason::gate_unreachable, reason::gate_timeout, reason::gate_failing,
                        reason::gate_bad_answer, reason::gate_key_refused, reason::gate_rate_limited));
    now += 70s;
    const auto stale = verify();
    CHECK(stale.verdict == verdict::allow);
    CHECK(stale.reason == reason::token_grace);
    CHECK(stale.cache == cache_state::stale);
    CHECK(stale.age == 70s);
    CHECK(stale.identity.account_id() == "gacct_1");
    CHECK_FALSE(whole->subject.find(key, now));
    CHECK(verify(key_number(2)).verdict == verdict::unavailable);
    now += 89s;
    CHECK(verify().verdict == verdict::allow);
    now += 1s;
    CHECK(verify().verdict == verdict::unavailable);
}

TEST_CASE_METHOD(fixture, "grace: never when Gate says no, and never without the option") {
    verify();
    now += 61s;
    verifier.next = answer(0, verdict::unavailable, reason::gate_unreachable);
    CHECK(verify().verdict == verdict::unavailable);
    cache.grace = 100s;
    start_anew();
    verifier.next = vouching();
    verify();
    now += 61s;
    verifier.next = answer(200, verdict::deny, reason::token_invalid);
    CHECK(verify().verdict == verdict::deny);
    now += 31s;
    verifier.next = answer(0, verdict::unavailable, reason::gate_unreachable);
    CHECK(verify().verdict == verdict::unavailable);
}

TEST_CASE_METHOD(fixture, "grace: a client cannot bring it about by making this program busy") {
    cache.grace = 100s;
    limits.verification_waiters = 1;
    start_anew();
    verify();
    now += 61s;
    verifier.hold = true;
    std::optional<decision> other;
    begin(other, key_number(2));
    const auto got = verify();
    CHECK(got.verdict == verdict::unavailable);
    CHECK(got.reason == reason::gate_busy);
    verifier.release();
    context.restart();
    context.run();
}

TEST_CASE_METHOD(fixture, "grace: waiting for one's turn here is no silence of Gate's") {
    cache.grace = 1000s;
    limits.verifications = 1;
    limits.verification_queue = 10;
    start_anew();
    verify();
    verify(key_number(2));
    now += 61s;
    verifier.hold = true;
    std::optional<decision> first;
    std::optional<decision> second;
    begin(first);
    begin(second, key_number(2));
    now += 3s;
    verifier.hold = false;
    verifier.release();
    context.restart();
    context.run();
    REQUIRE(second);
    CHECK(second->verdict == verdict::unavailable);
    CHECK(second->reason == reason::gate_busy);
}

TEST_CASE_METHOD(fixture,
                 "many bad tokens at once of one client meet its limit while they wait for their turn") {
    limits.failed_tokens = 3;
    limits.verification_queue = limits.verification_waiters = 100;
    start_anew();
    verifier.next = answer(200, verdict::deny, reason::token_invalid);
    verifier.hold = true;
    std::optional<decision> got[20];
    for (std::uint64_t i = 0; i < 20; ++i) begin(got[i], key_number(i + 10));
    while (!std::all_of(std::begin(got), std::end(got), [](const auto& each) { return each.has_value(); })) {
        verifier.release();
        context.restart();
        context.run();
    }
    CHECK(verifier.calls <= 5);
    CHECK(got[0]->reason == reason::token_invalid);
    CHECK(got[19]->reason == reason::token_throttled);
    CHECK(got[19]->verdict == verdict::deny);
    CHECK(got[19]->retry_after > 0s);
}

TEST_CASE_METHOD(fixture,
                 "what something before Gate says of a token counts against its client, an outage does not") {
    limits.failed_tokens = 2;
    start_anew();
    verifier.next = answer(0, verdict::unavailable, reason::gate_unreachable);
    for (std::uint64_t i = 2; i < 5; ++i) verify(key_number(i));
    verifier.next = answer(400, verdict::unavailable, reason::gate_bad_answer);
    for (std::uint64_t i = 5; i < 7; ++i) CHECK(verify(key_number(i)).reason == reason::gate_bad_answer);
    CHECK(verify(key_number(8)).reason == reason::token_throttled);
}

TEST_CASE_METHOD(
    fixture, "rules 12 and 28: what fails while others are answered is asked about later, and stays 503") {
    verifier.next = answer(0, verdict::unavailable, reason::gate_unreachable);
    CHECK(verify().reason == reason::gate_unreachable);
    verifier.next = vouching();
    verify(key_number(2));
    const auto delayed = verify();
    CHECK(delayed.verdict == verdict::unavailable);
    CHECK(delayed.reason == reason::gate_call_delayed);
    CHECK(delayed.retry_after == 1s);
    CHECK(verifier.calls == 2);
    CHECK_FALSE(whole->subject.find(key, now));
    now += 1s;
    CHECK(verify().verdict == verdict::allow);
    CHECK(whole->shared.delayed_unknown.size() == 0);
}

TEST_CASE_METHOD(fixture, "rule 28: such a failure counts against the client's address, like a refusal") {
    limits.failed_tokens = 2;
    start_anew();
    auth::client_id other;
    other.bytes[0] = 1;
    for (std::uint64_t i = 1; i < 3; ++i) {
        verifier.next = answer(503, verdict::unavailable, reason::gate_failing);
        verify(key_number(i));
        verifier.next = vouching();
        CHECK(verify(key_number(i + 10), other).verdict == verdict::allow);
    }
    CHECK(verify(key_number(5)).reason == reason::token_throttled);
    CHECK(verify(key_number(5), other).verdict == verdict::allow);
}

TEST_CASE_METHOD(fixture, "rule 28: failures of tokens that Gate has accepted blame no address") {
    limits.failed_tokens = 2;
    start_anew();
    auth::client_id other;
    other.bytes[0] = 1;
    for (std::uint64_t i = 1; i < 4; ++i) verify(key_number(i));
    now += 61s;
    for (std::uint64_t i = 1; i < 4; ++i) {
        verifier.next = answer(503, verdict::unavailable, reason::gate_failing);
        verify(key_number(i));
        verifier.next = vouching();
        CHECK(verify(key_number(i + 10), other).verdict == verdict::allow);
    }
    CHECK(verify(key_number(5)).verdict == verdict::allow);
}

TEST_CASE_METHOD(fixture, "rule 28: delays of unknown tokens push out nothing else") {
    cache.grace = 100s;
    limits.failed_tokens = 0;
    start_anew();
    const auto failing = answer(0, verdict::unavailable, reason::gate_timeout);
    verify();
    now += 61s;
    verifier.next = failing;
    verify();
    verifier.next = vouching();
    verify(key_number(2));
    CHECK(whole->shared.delayed_known.size() == 1);
    for (std::uint64_t i = 0; i < 20'000; ++i) whole->shared.delayed_unknown.add(key_number(i), now, now);
    CHECK(whole->shared.delayed_unknown.size() <= auth::call_delays::max_tokens);
    CHECK(verify().reason == reason::token_grace);
    CHECK(whole->subject.find(key_number(2), now)->verdict == verdict::allow);
}

TEST_CASE_METHOD(fixture, "grace: a token whose own call has failed passes, however others fare") {
    cache.grace = 100s;
    start_anew();
    verify();
    verify(key_number(2));
    now += 61s;
    verifier.next = answer(0, verdict::unavailable, reason::gate_unreachable);
    CHECK(verify().reason == reason::token_grace);
    verifier.next = vouching();
    CHECK(verify(key_number(2)).reason == reason::token_verified);
    CHECK(verify().reason == reason::token_grace);  // its next call is delayed
    CHECK(verifier.calls == 4);
    now += 1s;
    CHECK(verify().reason == reason::token_verified);
}

TEST_CASE_METHOD(fixture, "grace: failures in the unknown lane bring it about for nobody") {
    cache.grace = 100s;
    limits.failed_tokens = 0;
    start_anew();
    verify();
    now += 61s;
    verifier.next = answer(0, verdict::unavailable, reason::gate_unreachable);
    for (std::uint8_t i = 2; i < 40; ++i) {
        auth::client_id from;
        from.bytes[0] = i;
        verify(key_number(i), from);
    }
    CHECK(whole->shared.stats().gate_calls.unknown_circuit_is_open);
    CHECK_FALSE(whole->shared.stats().gate_calls.known_circuit_is_open);
    verifier.next = answer(200, verdict::deny, reason::token_revoked);
    CHECK(verify().reason == reason::token_revoked);
}

TEST_CASE_METHOD(fixture,
                 "grace: while the known circuit is open, for tokens that were not called for, too") {
    cache.grace = 100s;
    start_anew();
    for (std::uint64_t i = 1; i < 7; ++i) verify(key_number(i));
    now += 61s;
    verifier.next = answer(0, verdict::unavailable, reason::gate_unreachable);
    for (std::uint64_t i = 1; i < 6; ++i) verify(key_number(i));
    CHECK(whole->shared.stats().gate_calls.known_circuit_is_open);
    const auto calls = verifier.calls;
    CHECK(verify(key_number(6)).reason == reason::token_grace);
    CHECK(verifier.calls == calls);
}

TEST_CASE_METHOD(fixture, "grace: while the known circuit is open, whatever a token is refused for here") {
    cache.grace = 100s;
    limits.verification_waiters = 1;
    limits.failed_tokens = 0;
    gate.budget.limit = 12;
    SECTION("the budget is spent") {
        start_anew();
        for (std::uint64_t i = 1; i < 7; ++i) REQUIRE(verify(key_number(i)).verdict == verdict::allow);
        now += 61s;
        verifier.next = answer(0, verdict::unavailable, reason::gate_unreachable);
        for (std::uint64_t i = 1; i < 6; ++i) verify(key_number(i));
        for (int i = 0; i < 12; ++i) whole->shared.calls.spent(now);
    }
    SECTION("too many wait") {
        start_anew();
        for (std::uint64_t i = 1; i < 7; ++i) REQUIRE(verify(key_number(i)).verdict == verdict::allow);
        now += 61s;
        verifier.next = answer(0, verdict::unavailable, reason::gate_unreachable);
        for (std::uint64_t i = 1; i < 6; ++i) verify(key_number(i));
        now += 1s;
        verifier.hold = true;
    }
    REQUIRE(whole->shared.stats().gate_calls.known_circuit_is_open);
    std::optional<decision> other;
    begin(other, key_number(1));
    CHECK(verify(key_number(6)).reason == reason::token_grace);
    verifier.release();
    context.restart();
    context.run();
}

TEST_CASE_METHOD(fixture, "what is found odd about tokens that Gate has accepted blames no address") {
    limits.failed_tokens = 2;
    start_anew();
    for (std::uint64_t i = 1; i < 4; ++i) verify(key_number(i));
    now += 61s;
    verifier.next = answer(404, verdict::unavailable, reason::gate_bad_answer);
    for (std::uint64_t i = 1; i < 4; ++i) verify(key_number(i));
    verifier.next = vouching();
    CHECK(verify(key_number(5)).verdict == verdict::allow);
}

TEST_CASE_METHOD(fixture, "grace: while Gate's 429 lasts, if it was told to a call for a known token") {
    cache.grace = 100s;
    start_anew();
    verify();
    verify(key_number(2));
    auto limited = answer(429, verdict::unavailable, reason::gate_rate_limited);
    limited.retry_after = 10s;
    verifier.next = limited;
    now += 61s;
    SECTION("a known one") {
        CHECK(verify().reason == reason::token_grace);
        CHECK(verify().reason == reason::token_grace);
        CHECK(verify(key_number(2)).reason == reason::token_grace);
    }
    SECTION("an unknown one: a client may have brought it about") {
        CHECK(verify(key_number(3)).reason == reason::gate_rate_limited);
        CHECK(verify().reason == reason::gate_rate_limited);
    }
    CHECK(verifier.calls == 3);
}

TEST_CASE_METHOD(fixture,
                 "grace: who gives up on a call that is late passes, on one that waits for its turn not") {
    cache.grace = 1000s;
    gate.timeout = 400ms;
    limits.verifications = 1;
    limits.verification_queue = 10;
    start_anew();
    verify();
    verify(key_number(2));
    now += 61s;
    verifier.hold = true;
    std::optional<decision> called;
    std::optional<decision> joined;
    std::optional<decision> queued;
    const auto deadline = core::clock::now() + gate.timeout;
    begin(called, key, deadline);
    begin(joined, key, deadline);
    begin(queued, key_number(2), deadline);
    context.restart();
    context.run();
    REQUIRE((called && joined && queued));
    CHECK(called->reason == reason::token_grace);
    CHECK(joined->reason == reason::token_grace);
    CHECK(queued->reason == reason::gate_busy);
    verifier.hold = false;
    verifier.release();
    context.restart();
    context.run();
}

TEST_CASE_METHOD(
    fixture, "a call that is repeated is on a new connection, and what the verifier has repeated is not") {
    auto lost = answer(0, verdict::unavailable, reason::gate_unreachable);
    lost.retryable = true;
    verifier.next = lost;
    verify();
    CHECK(verifier.attempts == std::vector{auth::attempt::first, auth::attempt::second});
    start_anew();
    verifier.attempts.clear();
    verifier.next.repeated = true;
    verify();
    CHECK(verifier.attempts == std::vector{auth::attempt::first});
}

TEST_CASE_METHOD(fixture, "grace: not for what was revoked here, or purged") {
    cache.grace = 100s;
    start_anew();
    verify();
    verify(key_number(2));
    whole->shared.facts.revoke(key, now);
    now += 1s;
    whole->shared.facts.purge({}, now);
    verifier.next = answer(0, verdict::unavailable, reason::gate_unreachable);
    CHECK(verify().reason == reason::token_revoked);
    CHECK(verify(key_number(2)).verdict == verdict::unavailable);
}

TEST_CASE_METHOD(fixture, "rule 13: a late answer does not bring back a token that was revoked here") {
    verifier.hold = true;
    std::optional<decision> late;
    begin(late);
    now += 1s;
    whole->shared.facts.revoke(key, now);
    verifier.release();
    context.restart();
    context.run();
    REQUIRE(late);
    CHECK(late->reason == reason::token_revoked);
    CHECK_FALSE(late->identity);
    CHECK(whole->subject.find(key, now)->reason == reason::token_revoked);
    verifier.hold = false;
    for (std::uint64_t i = 100; i < 50'000; ++i)
        whole->shared.facts.refuse(key_number(i), {reason::token_invalid, now, now + 30s}, now);
    now += 59s;
    CHECK(verify().reason == reason::token_revoked);  // though a flood may have pushed the negative entry out
    CHECK(verifier.calls == 1);
    now += 6s;
    CHECK(verify().verdict == verdict::allow);
}

TEST_CASE_METHOD(fixture, "rule 13: revoked tokens do not compete with refused ones for room") {
    cache.max_negative_entries = 1;
    start_anew();
    for (std::uint64_t i = 1; i < 100; ++i) whole->shared.facts.revoke(key_number(i), now);
    for (std::uint64_t i = 1; i < 100; ++i) CHECK(verify(key_number(i)).reason == reason::token_revoked);
    CHECK(verifier.calls == 0);
}

TEST_CASE_METHOD(fixture, "rule 13: a decision from before a revocation is confirmed, or is one no more") {
    auto other = verify(key_number(2));
    auto made = verify();
    const auto before = whole->subject.withdrawals();
    whole->shared.facts.revoke(key, now);
    CHECK(whole->subject.withdrawals() != before);
    CHECK(whole->subject.confirm(key_number(2), now, other));
    CHECK(other.verdict == verdict::allow);
    CHECK(other.identity.account_id() == "gacct_1");
    CHECK(whole->subject.confirm(key, now, made));
    CHECK(made.verdict == verdict::deny);
    CHECK(made.reason == reason::token_revoked);
    CHECK_FALSE(made.identity);
}

TEST_CASE_METHOD(fixture, "a decision from before a purge is asked about, unless somebody has asked since") {
    auto made = verify();
    now += 1s;
    whole->shared.facts.purge({}, now);
    CHECK_FALSE(whole->subject.confirm(key, now, made));
    now += 1s;
    verifier.next = vouching("gacct_2");
    verify();
    CHECK(whole->subject.confirm(key, now, made));
    CHECK(made.identity.account_id() == "gacct_2");
    now += 1s;
    whole->shared.facts.purge({}, now);
    now += 1s;
    verifier.next = answer(200, verdict::deny, reason::token_invalid);
    verify();
    CHECK(whole->subject.confirm(key, now, made));
    CHECK(made.reason == reason::token_invalid);
}

TEST_CASE_METHOD(fixture, "an answer that may not be cached confirms what was decided by it, or after it") {
    cache.ttl = 0s;
    start_anew();
    auto made = verify();
    whole->shared.facts.revoke(key_number(2), now);
    CHECK(whole->subject.confirm(key, now, made));
    CHECK(made.verdict == verdict::allow);
    now += 1s;
    whole->shared.facts.purge({}, now);
    CHECK_FALSE(whole->subject.confirm(key, now, made));
}

TEST_CASE_METHOD(fixture,
                 "what passes by grace is asked about again after a withdrawal, unless Gate has answered") {
    cache.grace = 100s;
    start_anew();
    verify();
    now += 61s;
    verifier.next = answer(0, verdict::unavailable, reason::gate_unreachable);
    auto stale = verify();
    REQUIRE(stale.reason == reason::token_grace);
    CHECK_FALSE(whole->subject.confirm(key, now, stale));
    verifier.next = vouching();
    verify();
    CHECK(whole->subject.confirm(key, now, stale));
    CHECK(stale.reason == reason::token_verified);
    CHECK(stale.cache == cache_state::hit);
}

TEST_CASE_METHOD(fixture, "a token that is revoked here is refused at once") {
    verify();
    whole->shared.facts.revoke(key, now);
    const auto got = whole->subject.find(key, now);
    REQUIRE(got);
    CHECK(got->verdict == verdict::deny);
    CHECK(got->reason == reason::token_revoked);
}

TEST_CASE_METHOD(fixture, "a purge has the tokens that it means asked about again") {
    using scope = auth::purge_scope::kind;
    auto third = key_number(3);
    third.digest.back() = 3;  // of its fingerprint
    verify();
    verifier.next = vouching("gacct_2");
    verify(key_number(2));
    verifier.next = answer(200, verdict::deny, reason::token_invalid);
    verify(third);
    const auto print = auth::fingerprint_of(third);
    now += 1s;
    CHECK(whole->shared.facts.purge({scope::account, "gacct_1"}, now) == 1);
    CHECK_FALSE(whole->subject.find(key, now));
    CHECK(whole->subject.find(key_number(2), now));
    CHECK(whole->shared.facts.purge({scope::account, "gacct_1"}, now) == 0);
    CHECK(whole->shared.facts.purge({scope::token, {print.data(), print.size()}}, now) == 1);
    CHECK_FALSE(whole->subject.find(third, now));
    CHECK(whole->shared.facts.purge({scope::token, "0123456789ab"}, now) == 0);
    CHECK(whole->shared.facts.purge({}, now) == 1);
    CHECK_FALSE(whole->subject.find(key_number(2), now));
    verifier.next = vouching();
    CHECK(verify().cache == cache_state::expired);  // still one that Gate has accepted before
}

TEST_CASE_METHOD(fixture, "an answer that was on its way during a purge is used, and not cached") {
    verifier.hold = true;
    std::optional<decision> got;
    begin(got);
    now += 1s;
    whole->shared.facts.purge({}, now);
    verifier.release();
    context.restart();
    context.run();
    REQUIRE(got);
    CHECK(got->verdict == verdict::allow);
    CHECK_FALSE(whole->subject.find(key, now));
}

TEST_CASE_METHOD(fixture, "a failure that may be repeated is, once") {
    auto lost = answer(0, verdict::unavailable, reason::gate_unreachable);
    lost.retryable = true;
    verifier.next = lost;
    CHECK(verify().verdict == verdict::unavailable);
    CHECK(verifier.calls == 2);
    CHECK(slept.size() == 1);
    CHECK(verify().verdict == verdict::unavailable);  // the budget for retries is spent
    CHECK(verifier.calls == 3);
}

TEST_CASE_METHOD(fixture, "many new tokens at once wait for their turn") {
    limits.verification_queue = limits.verification_waiters = 100;
    start_anew();
    verifier.hold = true;
    std::optional<decision> got[20];
    for (std::uint64_t i = 0; i < 20; ++i) begin(got[i], key_number(i + 10));
    CHECK(verifier.calls == 1);
    CHECK(whole->shared.stats().gate_calls.waiting == 19);
    while (!std::all_of(std::begin(got), std::end(got), [](const auto& each) { return each.has_value(); })) {
        verifier.release();
        context.restart();
        context.run();
    }
    for (const auto& each : got) CHECK(each->verdict == verdict::allow);
    CHECK(verifier.calls == 20);
}

TEST_CASE_METHOD(fixture, "whoever waits with others is not refused for the address of one of them") {
    limits.verification_queue = 4;
    limits.failed_tokens = 1;
    start_anew();
    auth::client_id scanner, agent;
    scanner.bytes[15] = 1;
    agent.bytes[15] = 2;
    verifier.hold = true;
    verifier.next = answer(200, verdict::deny, reason::token_invalid);
    std::optional<decision> bad, first, second;
    const auto begin_from = [&](std::optional<decision>& out, std::uint64_t number, auth::client_id from) {
        core::spawn(store(whole->subject.verify("agt_a", key_number(number), from, core::never), out));
    };
    begin_from(bad, 1, scanner);
    begin_from(first, 2, scanner);
    begin_from(second, 2, agent);
    verifier.hold = false;
    verifier.release();
    context.run();
    REQUIRE((bad && first && second));
    CHECK(bad->reason == reason::token_invalid);
    CHECK(first->reason == reason::token_throttled);
    CHECK(second->verdict == verdict::unavailable);
    CHECK(second->reason == reason::gate_busy);
}

TEST_CASE_METHOD(fixture, "what a verification has sent beside its call counts too") {
    gate.budget.limit = 10;
    start_anew();
    verifier.next.calls = 3;
    verify();
    auth::call_result answered;
    answered.reason = reason::token_verified;
    int left = 0;
    while (whole->shared.calls.ask(auth::lane::known, {key, {}}, now).step == auth::admission::kind::go) {
        whole->shared.calls.ended(auth::lane::known, {key, {}}, answered, now);
        ++left;
    }
    CHECK(left == 7);
}

TEST_CASE_METHOD(fixture, "a stream goes on while its token is accepted, and its question is asked once") {
    verify();
    using auth::authenticator;
    CHECK(whole->subject.renew("agt_a", key, "gacct_1", now).fresh_until == now + 60s);
    CHECK(verifier.calls == 1);
    now += 58s;
    CHECK(whole->subject.renew("agt_a", key, "gacct_1", now).verdict == verdict::allow);
    CHECK(verifier.calls == 2);
    CHECK(whole->subject.renew("agt_a", key, "gacct_1", now).fresh_until == now + 60s);
    CHECK(verifier.calls == 2);
    CHECK(whole->subject.renew("agt_a", key, "gacct_2", now).verdict == verdict::deny);
    now += 60s;
    verifier.next = answer(0, verdict::unavailable, reason::gate_unreachable);
    CHECK(whole->subject.renew("agt_a", key, "gacct_1", now).verdict == verdict::unavailable);
    CHECK(verifier.calls == 3);
    verifier.next = answer(200, verdict::deny, reason::token_invalid);
    CHECK(whole->subject.renew("agt_a", key, "gacct_1", now).verdict == verdict::unavailable);
    CHECK(whole->subject.renew("agt_a", key, "gacct_1", now).reason == reason::token_invalid);
    whole->shared.facts.revoke(key, now);
    CHECK(whole->subject.renew("agt_a", key, "gacct_1", now).reason == reason::token_revoked);
    CHECK(authenticator::renewal_point(now, now + 16s) == now + 15s);
    CHECK(authenticator::renewal_point(now, now - 1s) == now);
}

TEST_CASE_METHOD(fixture, "what may not be cached vouches for a stream for a TTL all the same") {
    verifier.next.no_store = cache.obey_no_store = true;
    start_anew();
    verify();
    CHECK(verify().cache == cache_state::expired);
    CHECK(verifier.calls == 2);
    const auto asked = now;
    now += 59s;
    CHECK(whole->subject.renew("agt_a", key, "gacct_1", now).fresh_until == asked + 60s);
    CHECK(verifier.calls == 3);
    now += 60s;
    CHECK(whole->subject.renew("agt_a", key, "gacct_1", now).verdict == verdict::unavailable);
    CHECK(whole->subject.renew("agt_a", key, "gacct_1", now).verdict == verdict::allow);
    CHECK(whole->subject.renew("agt_a", key, "gacct_2", now).verdict == verdict::deny);
}

TEST_CASE_METHOD(fixture, "without a TTL a stream is verified every 60 s") {
    cache.ttl = 0s;
    start_anew();
    verify();
    CHECK(whole->subject.renew("agt_a", key, "gacct_1", now + 50s).fresh_until == now + 60s);
    CHECK(verifier.calls == 1);
    CHECK(whole->subject.renew("agt_a", key, "gacct_1", now + 60s).verdict == verdict::unavailable);
    CHECK(verifier.calls == 2);
}

TEST_CASE_METHOD(fixture, "a purge ends what vouches for a stream, cacheable or not") {
    cache.ttl = GENERATE(0s, 60s);
    start_anew();
    verify();
    const auto before = whole->shared.facts.withdrawals();
    now += 1s;
    whole->shared.facts.purge({}, now);
    CHECK(whole->shared.facts.withdrawals() != before);
    CHECK(whole->subject.renew("agt_a", key, "gacct_1", now).verdict == verdict::unavailable);
    CHECK(verifier.calls == 2);
}

TEST_CASE_METHOD(fixture, "a refusal that may not be cached reaches streams, and nobody else") {
    cache.negative_ttl = 0s;
    start_anew();
    verify();
    now += 60s;
    verifier.next = answer(200, verdict::deny, reason::token_invalid);
    CHECK(whole->subject.renew("agt_a", key, "gacct_1", now).verdict == verdict::unavailable);
    for (int look = 0; look < 3; ++look)
        CHECK(whole->subject.renew("agt_a", key, "gacct_1", now).reason == reason::token_invalid);
    CHECK(verifier.calls == 2);
    verify();
    CHECK(verifier.calls == 3);
}

TEST_CASE_METHOD(fixture, "the verifier is given the token, the cache never") {
    verify();
    REQUIRE(verifier.tokens.size() == 1);
    CHECK(verifier.tokens[0] == "agt_a");
}

namespace {

// Answers on the next turn of its worker's loop, as a network would.
class posting_verifier : public auth::token_verifier {
public:
    posting_verifier(core::executor executor, std::atomic<int>& calls) : executor_(executor), calls_(calls) {}

    core::task<verification> verify(core::secret_string, core::time_point, auth::attempt) override {
        ++calls_;
        co_await core::asio::post(executor_, core::use_task);
        co_return vouching();
    }

private:
    core::executor executor_;
    std::atomic<int>& calls_;
};

core::task<> ask_all(auth::authenticator& subject, int tokens, int& allowed) {
    for (int i = 0; i < tokens; ++i) {
        const auto key = key_number(static_cast<std::uint64_t>(i), static_cast<std::uint8_t>(i));
        auto known = subject.find(key, core::clock::now());
        if (!known)
            known = co_await subject.verify("agt_a", key, auth::client_id{}, core::clock::now() + 30s);
        if (known->verdict == verdict::allow) ++allowed;
    }
}

}  // namespace

TEST_CASE("two workers together ask about each token once") {
    constexpr int tokens = 500;
    constexpr int clients = 8;
    config::cache_options cache;
    config::gate_options gate;
    gate.budget = {.limit = 1000, .window = 60s, .unknown = 1000};
    auth::shared_state shared(cache, gate, {});
    std::atomic<int> calls{0};
    int allowed[2][clients] = {};
    std::thread threads[2];
    for (auto& row : allowed) {
        threads[&row - allowed] = std::thread([&] {
            core::asio::io_context context{1};
            posting_verifier verifier(context.get_executor(), calls);
            auth::authenticator subject(shared, verifier, context.get_executor(), cache, {}, {});
            for (auto& each : row) core::spawn(ask_all(subject, tokens, each));
            context.run();
        });
    }
    for (auto& each : threads) each.join();
    for (const auto& row : allowed) {
        for (const auto each : row) CHECK(each == tokens);
    }
    CHECK(calls == tokens);
}

TEST_CASE_METHOD(fixture,
                 "a client that nobody names is not throttled, and takes nothing from one that is named") {
    limits.failed_tokens = 3;
    start_anew();
    verifier.next = answer(200, verdict::deny, reason::token_invalid);
    std::optional<decision> got[10];
    for (std::uint64_t i = 0; i < 10; ++i) {
        core::spawn(
            store(whole->subject.verify("agt_a", key_number(i + 10), std::nullopt, core::never), got[i]));
        context.restart();
        context.run();
        REQUIRE(got[i]);
        CHECK(got[i]->reason == reason::token_invalid);
    }
    CHECK(verify(key_number(30)).reason == reason::token_invalid);
}
