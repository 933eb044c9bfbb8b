// Options that change while the program runs.
#include "governor_fixture.hpp"

#include <gate/auth/failed_tokens.hpp>
#include <gate/auth/governor.hpp>
#include <gate/auth/shared_state.hpp>

#include <atomic>
#include <catch.hpp>
#include <made_identity.hpp>
#include <thread>

using namespace governor_tests;
using namespace gate;

namespace {

const time_point start{1000s};

governor_core::options with_limit(std::size_t limit, duration window = 60s) {
    governor_core::options out;
    out.budget.limit = limit;
    out.budget.window = window;
    return out;
}

}  // namespace

TEST_CASE("an identity goes under another header with its account; nobody stays nobody") {
    auto who = auth::identity_for_tests::of("gacct_1");
    auth::identity_for_tests::put_under(who, "X-Org: ");
    CHECK(who.header_line() == "X-Org: gacct_1\r\n");
    CHECK(who.account_id() == "gacct_1");
    auth::identity_for_tests::put_under(who, "X-Gate-Account-Id: ");
    CHECK(who.header_line() == "X-Gate-Account-Id: gacct_1\r\n");
    auth::identity nobody;
    auth::identity_for_tests::put_under(nobody, "X-Org: ");
    CHECK_FALSE(nobody);
}

TEST_CASE("another budget counts the calls that were made under the old one") {
    governor_core subject(with_limit(10), 1);
    const asker who{key_number(1), {}};
    for (int i = 0; i < 5; ++i) {
        REQUIRE(subject.ask(lane::known, who, start).step == kind::go);
        subject.ended(lane::known, who, answered(), start);
    }
    subject.configure(with_limit(5), start);
    CHECK(subject.ask(lane::known, who, start).reason == reason::gate_budget_spent);
    subject.configure(with_limit(6), start);
    CHECK(subject.ask(lane::known, who, start).step == kind::go);
}

TEST_CASE("another window forgets no call too early") {
    governor_core subject(with_limit(5, 60s), 1);
    const asker who{key_number(1), {}};
    for (int i = 0; i < 5; ++i) {
        REQUIRE(subject.ask(lane::known, who, start).step == kind::go);
        subject.ended(lane::known, who, answered(), start);
    }
    subject.configure(with_limit(5, 10s), start + 30s);
    CHECK(subject.ask(lane::known, who, start + 39s).reason == reason::gate_budget_spent);
    CHECK(subject.ask(lane::known, who, start + 41s).step == kind::go);
}

TEST_CASE("what Gate has said of its limit counts more than another one in the file") {
    governor_core subject(with_limit(10), 1);
    const asker who{key_number(1), {}};
    REQUIRE(subject.ask(lane::known, who, start).step == kind::go);
    subject.ended(lane::known, who, answered(1, 2), start);
    subject.configure(with_limit(1000), start);
    REQUIRE(subject.ask(lane::known, who, start).step == kind::go);
    CHECK(subject.ask(lane::known, who, start).step != kind::go);
}

TEST_CASE("who waits for a call has its turn when more may be under way") {
    core::asio::io_context context{1};
    auth::governor subject({{}, {}, 1}, 2, 1);
    const asker who{key_number(1), {}};
    REQUIRE(subject.ask(lane::known, who, start).step == kind::go);
    REQUIRE(subject.ask(lane::known, who, start).step == kind::wait);
    bool admitted = false;
    const auto wait = [](auth::governor& of, const asker& whom, core::executor on,
                         bool& done) -> core::task<> {
        auto got = co_await of.admit(lane::known, whom, on, start, core::never);
        done = got.step == kind::go;
    };
    core::spawn(wait(subject, who, context.get_executor(), admitted));
    CHECK_FALSE(admitted);
    subject.configure({{}, {}, 2}, 2, start);
    context.run();
    CHECK(admitted);
}

TEST_CASE("another number of failed tokens counts from the next one on") {
    failed_tokens subject({.tokens = 30, .window = 60s, .clients = 10}, 1);
    const auto who = governor_tests::fixture::client(1);
    subject.add(who, start);
    CHECK(subject.time_left(who, start) == 0s);
    subject.configure({.tokens = 1, .window = 60s, .clients = 10});
    subject.add(who, start);
    CHECK(subject.time_left(who, start) == 60s);
    subject.configure({.tokens = 1, .window = 10s, .clients = 10});
    CHECK(subject.time_left(who, start) == 10s);
    subject.configure({.tokens = 0, .window = 10s, .clients = 10});
    CHECK(subject.time_left(who, start) == 0s);
}

TEST_CASE("a shorter TTL also holds for what is cached, and a longer one does not") {
    using enum auth::cache_state;
    auth::token_facts facts({.accepted = 10, .refused = 10});
    const auto state_at = [&](std::uint64_t number, time_point now) {
        return facts.find(key_number(number), now, [](std::string_view) {}).state;
    };
    facts.learn(key_number(1), {"gacct_1", start, start + 60s}, start);
    facts.refuse(key_number(2), {reason::token_invalid, start, start + 60s}, start);
    facts.limit_ttl(120s, 120s);
    CHECK(state_at(1, start + 60s) == expired);
    CHECK(state_at(1, start + 59s) == hit);
    facts.limit_ttl(10s, 10s);
    CHECK(state_at(1, start + 10s) == expired);
    CHECK(state_at(1, start + 9s) == hit);
    CHECK(state_at(2, start + 10s) == miss);
    CHECK(state_at(2, start + 9s) == negative);
}

TEST_CASE("rule 13: what was revoked under a long TTL is remembered for as long") {
    const config::gate_options gate;
    const config::limit_options limits;
    config::cache_options cache;
    time_point now = start;
    auth::time_source clock;
    clock.now = [&] { return now; };
    auth::shared_state state(cache, gate, limits, {}, clock, 1);
    state.facts.revoke(key_number(1), now);
    cache.ttl = 1s;
    state.configure(cache, gate, limits);
    state.limit_ttl(cache);
    now += 50s;
    CHECK(state.facts.is_revoked(key_number(1), now));
}

TEST_CASE("options change while tokens are looked up, fail and are asked about") {
    const config::gate_options gate;
    config::cache_options cache;
    config::limit_options limits;
    auth::shared_state state(cache, gate, limits, {}, {}, 1);
    std::atomic<bool> over{false};
    std::vector<std::thread> threads;
    for (std::uint64_t t = 0; t < 2; ++t) {
        threads.emplace_back([&, t] {
            const auto who = governor_tests::fixture::client(t);
            const auto key = key_number(t);
            do {  // at least once: the others may be done before this thread has begun
                const auto now = core::clock::now();
                state.facts.learn(key, {"gacct_1", now, now + 60s}, now);
                (void)state.facts.find(key, now, [](std::string_view) {});
                state.failures.add(who, now);
                (void)state.failures.time_left(who, now);
                if (auto seat = state.flights.join(key); seat && seat->leads()) state.flights.land(key, {});
                if (state.calls.ask(lane::known, {key, {}}, now).step == kind::go)
                    state.calls.ended(lane::known, {key, {}}, answered(), now);
                state.facts.revoke(key_number(100 + t), now);
            } while (!over);
        });
    }
    for (int i = 0; i < 300; ++i) {
        cache.ttl = duration{1000 * (1 + i % 60)};
        limits.failed_tokens = static_cast<std::size_t>(i % 5);
        limits.verification_waiters = static_cast<std::size_t>(1 + i % 7);
        limits.verifications = static_cast<std::size_t>(1 + i % 9);
        state.configure(cache, gate, limits);
        state.limit_ttl(cache);
    }
    over = true;
    for (auto& each : threads) each.join();
    CHECK(state.facts.sizes().accepted == 2);
}
