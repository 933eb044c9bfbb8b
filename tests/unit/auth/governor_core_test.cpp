#include "governor_fixture.hpp"

#include <catch.hpp>

using namespace governor_tests;

TEST_CASE_METHOD(fixture, "no call is made before Retry-After has passed, in any lane") {
    REQUIRE(call(lane::known, limited(5s)));
    const auto closed = now;
    for (const auto which : {lane::known, lane::unknown, lane::refresh}) {
        now = closed;
        const auto answer = ask_about(which);
        CHECK(answer.step == kind::refuse);
        CHECK(answer.reason == reason::gate_rate_limited);
        CHECK(answer.retry_after >= 5s);  // when it may be tried, which is a little later
        CHECK(answer.retry_after <= 7s);
        now = closed + 4'999ms;
        CHECK(ask_about(which).retry_after >= 1s);
        CHECK(ask(which) == kind::refuse);
    }
    CHECK(subject.time_left(closed) == subject.ask(lane::known, next(), closed).retry_after);
    CHECK(subject.time_left(closed + 5s) >= 1s);  // when we may, not when Gate would let us
    now = closed + 5s + spread;
    CHECK(subject.time_left(now) == 0s);
    CHECK(ask(lane::known) == kind::go);
}

TEST_CASE(
    "what a call takes of the budget beside itself is counted: repetitions, and calls that need no leave") {
    governor_core::options how;
    how.budget.limit = 10;
    fixture one(how);
    auto thrice = answered();
    thrice.calls = 3;
    REQUIRE(one.call(lane::known, thrice));
    one.subject.spent(one.now);
    CHECK(one.calls(lane::known, 20) == 6);
    CHECK(one.ask_about(lane::known).reason == reason::gate_budget_spent);
}

TEST_CASE_METHOD(fixture, "the limit is the configured one until Gate reports another") {
    CHECK(subject.limit() == 600);
    REQUIRE(call(lane::known, answered(100, 300)));
    CHECK(subject.limit() == 300);
    subject.configure({}, now);
    CHECK(subject.limit() == 300);
}

TEST_CASE_METHOD(fixture,
                 "a call that was held back after a 429 neither lengthens the wait nor counts as a failure") {
    governor_core::options how;
    how.circuit.failures = 1;
    fixture one(how);
    REQUIRE(one.ask(lane::known) == kind::go);
    REQUIRE(one.call(lane::known, limited(5s)) == true);
    auto not_made = limited(60s);
    not_made.held_back = true;
    one.end(lane::known, not_made);
    one.now += 5s + spread;
    CHECK(one.ask(lane::known) == kind::go);
}

TEST_CASE_METHOD(fixture, "a later 429 never opens earlier than an earlier one said") {
    subject.rate_limited(60s, now);
    subject.rate_limited(1s, now + 1s);
    now += 59s;
    CHECK(ask(lane::known) == kind::refuse);
    subject.rate_limited(10s, now);
    now += 9s;
    CHECK(ask(lane::known) == kind::refuse);
    now += 1s + spread;
    CHECK(ask(lane::known) == kind::go);
}

TEST_CASE("a 429 that names no time stops calls for the default, one that names a year for the maximum") {
    fixture unnamed;
    unnamed.subject.rate_limited(0s, unnamed.now);
    unnamed.now += default_retry_after - 1ms;
    CHECK(unnamed.ask(lane::known) == kind::refuse);
    unnamed.now += 1ms + spread;
    CHECK(unnamed.ask(lane::known) == kind::go);
    fixture absurd;
    absurd.subject.rate_limited(std::chrono::seconds::max(), absurd.now);
    absurd.now += max_retry_after - 1ms;
    CHECK(absurd.ask(lane::known) == kind::refuse);
    absurd.now += 1ms + spread;
    CHECK(absurd.ask(lane::known) == kind::go);
}

TEST_CASE_METHOD(fixture,
                 "the more 429s in a row, the wider do replicas spread, and answers draw them near again") {
    const auto longest_wait = [&](int refusals, int answers) {
        duration longest{0};
        for (std::uint64_t seed = 1; seed < 200; ++seed) {
            governor_core one({}, seed << 20U);
            auto at = now;
            const auto wait = [&] {
                const auto from = at;
                while (one.ask(lane::known, next(), at).step != kind::go) at += 100ms;
                return std::chrono::duration_cast<duration>(at - from);
            };
            for (int i = 0; i < refusals; ++i) {
                wait();
                one.ended(lane::known, next(), limited(1s), at);
            }
            for (int i = 0; i < answers; ++i) {
                wait();
                one.ended(lane::known, next(), answered(300), at);
            }
            if (answers != 0) {
                wait();
                one.ended(lane::known, next(), limited(1s), at);
            }
            longest = std::max(longest, wait());
        }
        return longest;
    };
    CHECK(longest_wait(1, 0) <= 2'500ms);
    CHECK(longest_wait(3, 0) > 3s);
    CHECK(longest_wait(6, 0) > 12s);
    CHECK(longest_wait(9, 0) <= 18s);
    CHECK(longest_wait(6, 6) <= 2'500ms);
}

TEST_CASE_METHOD(fixture, "a probe may take as long as an answer that proves something") {
    CHECK(subject.patience(lane::known, next()) > 1h);
    calls(lane::known, 5, failed());
    CHECK(subject.patience(lane::known, next()) == 3s);
}

TEST_CASE_METHOD(fixture, "after a 429 nothing is renewed early until Gate has told how much there is") {
    REQUIRE(call(lane::known, limited(1s)));
    now += 5s;
    CHECK(ask(lane::refresh) == kind::refuse);
    REQUIRE(call(lane::known, answered(500)));
    REQUIRE(call(lane::known, answered(500)));
    CHECK(ask(lane::refresh) == kind::go);
}

TEST_CASE_METHOD(fixture,
                 "after a 429 known tokens come back one by one, then two by two, unknown ones not yet") {
    REQUIRE(call(lane::known, limited(1s)));
    now += 1s + spread;
    CHECK(ask(lane::known) == kind::go);
    CHECK(ask(lane::known) == kind::wait);
    CHECK(ask(lane::unknown) == kind::refuse);
    end(lane::known, answered(300));
    CHECK(ask(lane::known) == kind::go);
    CHECK(ask(lane::known) == kind::go);
    CHECK(ask(lane::known) == kind::wait);
    CHECK(ask(lane::unknown) == kind::refuse);
    now += 2s;
    CHECK(ask(lane::unknown) == kind::go);
}

TEST_CASE_METHOD(fixture, "when Gate is back after an outage, known tokens go first") {
    calls(lane::known, 5, failed());
    now += 1s;
    REQUIRE(call(lane::known));
    CHECK(ask(lane::unknown) == kind::refuse);
    CHECK(ask(lane::known) == kind::go);
    now += 2s;
    CHECK(ask(lane::unknown) == kind::go);
}

TEST_CASE("the whole budget is ours to spend, and not one call more, in any window") {
    fixture f({.budget = {.limit = 50, .window = 60s, .unknown = 20}, .circuit = {}, .max_calls = 64});
    CHECK(f.calls(lane::known, 1000) == 50);
    const auto refused = f.ask_about(lane::known);
    CHECK(refused.reason == reason::gate_budget_spent);
    CHECK(refused.retry_after >= 60s);
    CHECK(refused.retry_after <= 62s);
    f.now += 59s;
    CHECK(f.calls(lane::known, 1000) == 0);
    f.now += 2s;
    CHECK(f.calls(lane::known, 1000) == 50);
}

TEST_CASE("calls leave the window as they came") {
    fixture f({.budget = {.limit = 60, .window = 60s, .unknown = 20}, .circuit = {}, .max_calls = 64});
    for (int i = 0; i < 60; ++i, f.now += 1s) REQUIRE(f.call(lane::known));
    for (int i = 0; i < 600; ++i, f.now += 100ms) f.call(lane::known);
    CHECK(f.subject.share_left(f.now) < 0.05);
    f.now += 30s;
    CHECK(f.subject.share_left(f.now) > 0.4);
    CHECK(f.subject.share_left(f.now) < 0.6);
}

TEST_CASE_METHOD(fixture, "what Gate said of the budget is forgotten after a window") {
    REQUIRE(call(lane::known, answered(0)));
    CHECK_FALSE(call(lane::unknown));
    now += 59s;
    CHECK_FALSE(call(lane::unknown));
    now += 2s;
    CHECK(call(lane::unknown));
}

TEST_CASE_METHOD(fixture, "nothing is renewed early when less than half is left") {
    REQUIRE(call(lane::known, answered(310)));
    CHECK(call(lane::refresh, answered(299)));
    CHECK(ask_about(lane::refresh).reason == reason::gate_busy);
    CHECK(ask(lane::refresh) == kind::refuse);
    CHECK(call(lane::known, answered(400)));
    CHECK(call(lane::refresh));
}

TEST_CASE("half of the calls under way are for known tokens, and renewal stays below half of them") {
    fixture f({.budget = {.limit = 600, .window = 60s, .unknown = 600}, .circuit = {}, .max_calls = 8});
    f.calls(lane::unknown, 20);
    int unknown = 0;
    while (f.ask(lane::unknown) == kind::go) ++unknown;
    CHECK(unknown == 4);
    CHECK(f.ask(lane::refresh) == kind::refuse);
    int known = 0;
    while (f.ask(lane::known) == kind::go) ++known;
    CHECK(known == 4);
    CHECK(f.ask(lane::known) == kind::wait);
    f.end(lane::unknown, answered());
    CHECK(f.ask(lane::known) == kind::go);
}

TEST_CASE_METHOD(fixture, "repeated failures open the circuit, a probe at a time closes it") {
    CHECK(calls(lane::known, 100, failed()) == 5);
    CHECK(subject.is_open(lane::known));
    CHECK(ask_about(lane::known).reason == reason::gate_failing);
    CHECK(ask_about(lane::known).retry_after == 1s);
    now += 999ms;
    CHECK(ask(lane::known) == kind::refuse);
    now += 1ms;
    CHECK(ask(lane::refresh) == kind::refuse);
    CHECK(ask(lane::known) == kind::go);  // the probe
    CHECK(ask(lane::known) == kind::refuse);
    end(lane::known, failed());
    CHECK(ask(lane::known) == kind::refuse);
    now += 1s;
    CHECK(ask(lane::unknown) == kind::refuse);  // known tokens have the first claim
    now += 500ms;
    CHECK(ask(lane::unknown) == kind::go);
    now += 1s;
    CHECK(ask(lane::known) == kind::go);  // the probe before hangs
    end(lane::known, answered());
    CHECK_FALSE(subject.is_open(lane::known));
    CHECK(calls(lane::known, 10) == 10);
    end(lane::unknown, failed(reason::gate_timeout));
    CHECK_FALSE(subject.is_open(lane::known));
}

TEST_CASE_METHOD(fixture, "failures open the circuit only in a row, and what Gate answers is none") {
    for (int i = 0; i < 20; ++i) {
        CHECK(calls(lane::known, 4, failed(reason::gate_failing)) == 4);
        const auto alive = GENERATE(reason::token_verified, reason::token_invalid, reason::token_revoked,
                                    reason::token_rejected, reason::gate_form_refused);
        auto answer = failed(alive);
        answer.status = alive == reason::gate_form_refused ? 422 : 200;
        CHECK(call(lane::known, answer));
        now += 10s;
    }
    CHECK_FALSE(subject.is_open(lane::known));
}

TEST_CASE_METHOD(fixture, "what something before Gate finds odd about unknown tokens opens no circuit") {
    auto odd = failed(reason::gate_bad_answer);
    odd.status = GENERATE(400, 401, 403, 404, 413, 422, 451);
    CHECK(calls(lane::unknown, 20, odd) == 20);
    CHECK_FALSE(subject.is_open(lane::unknown));
}

TEST_CASE_METHOD(fixture, "rule 28: an outage that answers 4xx pages for known tokens opens the circuit") {
    auto odd = failed(reason::gate_bad_answer);
    odd.status = GENERATE(400, 401, 403, 404, 413, 422, 451);
    const auto one = next();
    for (int i = 0; i < 20; ++i) call(lane::known, one, odd);
    CHECK_FALSE(subject.is_open(lane::known));
    REQUIRE(call(lane::known, next()));
    CHECK(calls(lane::known, 20, odd) == 5);
    CHECK(subject.is_open(lane::known));
    now += 1s;
    REQUIRE(call(lane::known));
    CHECK_FALSE(subject.is_open(lane::known));
}

TEST_CASE_METHOD(fixture, "a call and its one retry are one failure") {
    auto retried = failed();
    retried.is_retry = true;
    for (int i = 0; i < 4; ++i) {
        REQUIRE(call(lane::known, failed()));
        REQUIRE(call(lane::known, retried));
    }
    CHECK_FALSE(subject.is_open(lane::known));
    REQUIRE(call(lane::known, failed()));
    CHECK(subject.is_open(lane::known));
}

TEST_CASE_METHOD(fixture, "rule 28: a late 429 for a known token makes no failure of another's pause") {
    const auto known = next();
    REQUIRE(subject.ask(lane::known, known, now).step == kind::go);
    REQUIRE(call(lane::unknown, limited(60s)));
    now += 1s;
    subject.ended(lane::known, known, limited(5s), now);
    CHECK_FALSE(ask_about(lane::known).known_calls_fail);
    subject.rate_limited(120s, now);
    CHECK(ask_about(lane::known).known_calls_fail);
}

TEST_CASE_METHOD(fixture, "no more known tokens are under way at once than Gate has said are left, but one") {
    REQUIRE(call(lane::known, answered(3)));
    for (int i = 0; i < 3; ++i) CHECK(ask(lane::known) == kind::go);
    CHECK(ask(lane::known) == kind::wait);
    for (int i = 0; i < 3; ++i) end(lane::known, answered(0));
    CHECK(ask(lane::known) == kind::go);
    CHECK(ask(lane::known) == kind::wait);
}

TEST_CASE("probes count, and end with the budget") {
    fixture f({.budget = {.limit = 8, .window = 60s, .unknown = 4}, .circuit = {}, .max_calls = 64});
    CHECK(f.calls(lane::known, 100, failed()) == 5);
    int probes = 0;
    for (int i = 0; i < 50; ++i, f.now += 1s) probes += f.call(lane::known, failed()) ? 1 : 0;
    CHECK(probes == 3);
}

TEST_CASE_METHOD(fixture, "slow answers open the circuit as failures do") {
    auto slow = answered();
    slow.took = 3'001ms;
    CHECK(calls(lane::known, 100, slow) == 5);
    CHECK(subject.is_open(lane::known));
    now += 1s;
    REQUIRE(call(lane::known, slow));
    CHECK(subject.is_open(lane::known));
    now += 1s;
    REQUIRE(call(lane::known));
    CHECK_FALSE(subject.is_open(lane::known));
}

TEST_CASE_METHOD(fixture, "a new secret key closes the circuit that refusals of the old one have opened") {
    calls(lane::known, 100, failed(reason::gate_key_refused));
    REQUIRE(subject.is_open(lane::known));
    subject.key_changed();
    CHECK(call(lane::known));
}

TEST_CASE_METHOD(fixture, "only what may be repeated is, one call in ten, and not against a closed door") {
    auto lost = failed();
    CHECK_FALSE(subject.may_retry(lane::known, next(), lost, now));
    lost.retryable = true;
    CHECK(subject.may_retry(lane::known, next(), lost, now));
    CHECK_FALSE(subject.may_retry(lane::known, next(), lost, now));
    calls(lane::known, 10);
    CHECK(subject.may_retry(lane::known, next(), lost, now));
    CHECK_FALSE(subject.may_retry(lane::known, next(), lost, now));
    calls(lane::known, 500);
    subject.rate_limited(5s, now);
    CHECK_FALSE(subject.may_retry(lane::known, next(), lost, now));
    now += 6s;
    int retries = 0;
    while (subject.may_retry(lane::known, next(), lost, now)) ++retries;
    CHECK(retries == 10);
    for (int i = 0; i < 100; ++i) {
        const auto delay = subject.retry_delay();
        CHECK(delay >= 50ms);
        CHECK(delay <= 250ms);
    }
}
