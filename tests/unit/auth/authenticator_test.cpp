#include <gate/auth/authenticator.hpp>

#include <boost/asio/post.hpp>

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
    core::task<verification> verify(core::secret_string token, core::time_point) override {
        ++calls;
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
    out.what = verdict::allow;
    out.why = reason::token_verified;
    out.account_id = std::move(account);
    return out;
}

verification answer(int status, verdict what, reason why) {
    verification out;
    out.status = status;
    out.what = what;
    out.why = why;
    return out;
}

struct fixture {
    fixture() { verifier.next = vouching(); }

    static core::task<> store(core::task<decision> work, std::optional<decision>& out) {
        out = co_await std::move(work);
    }
    void begin(std::optional<decision>& out, auth::token_key which = key,
               core::time_point deadline = core::never) {
        core::spawn(store(subject.verify("agt_a", which, deadline), out));
    }
    decision verify(auth::token_key which = key) {
        std::optional<decision> out;
        begin(out, which);
        context.restart();
        context.run();
        REQUIRE(out);
        return *out;
    }

    static inline const auth::token_key key = key_number(1);
    core::time_point now{1000s};
    config::cache_options cache;
    config::limit_options limits{.verifications = 2, .verification_waiters = 5};
    auth::shared_state shared{
        cache,
        limits,
        {},
        {[this] { return now; }, [] { return core::wall_clock::time_point(1'700'000'000s); }}};
    core::asio::io_context context{1};
    held_verifier verifier;
    auth::authenticator subject{shared, verifier, context.get_executor(), cache, {}, {}};
};

}  // namespace

TEST_CASE_METHOD(fixture, "a verified token is a hit until its TTL ends, then asked again") {
    CHECK_FALSE(subject.find(key, now));
    const auto first = verify();
    CHECK(first.what == verdict::allow);
    CHECK(first.cache == cache_state::miss);
    CHECK(first.who.header_line() == "X-Gate-Account-Id: gacct_1\r\n");

    now += 59s;
    const auto hit = subject.find(key, now);
    REQUIRE(hit);
    CHECK(hit->what == verdict::allow);
    CHECK(hit->cache == cache_state::hit);
    CHECK(hit->age == 59s);
    CHECK(hit->who.account_id() == "gacct_1");

    now += 1s;
    decision expired;
    CHECK_FALSE(subject.find(key, now, expired));
    CHECK_FALSE(expired.who);
    CHECK(verify().cache == cache_state::expired);
    CHECK(verifier.calls == 2);
}

TEST_CASE_METHOD(fixture, "a refused token is denied from the cache until its negative TTL ends") {
    verifier.next = answer(200, verdict::deny, reason::token_invalid);
    CHECK(verify().what == verdict::deny);
    now += 29s;
    const auto hit = subject.find(key, now);
    REQUIRE(hit);
    CHECK(hit->what == verdict::deny);
    CHECK(hit->why == reason::token_invalid);
    CHECK(hit->cache == cache_state::negative);
    CHECK_FALSE(hit->who);
    now += 1s;
    CHECK_FALSE(subject.find(key, now));
}

TEST_CASE_METHOD(fixture, "rule 12: a refused token takes no place among the accepted ones") {
    verifier.next = answer(200, verdict::deny, reason::token_invalid);
    verify();
    CHECK(shared.stats().positive_entries == 0);
    CHECK(shared.stats().negative_entries == 1);
}

TEST_CASE_METHOD(fixture, "rule 12: an error is never cached") {
    for (const auto why : {reason::gate_unreachable, reason::gate_timeout, reason::gate_failing,
                           reason::gate_bad_answer, reason::gate_key_refused}) {
        verifier.next = answer(0, verdict::unavailable, why);
        const auto got = verify();
        CHECK(got.what == verdict::unavailable);
        CHECK(got.why == why);
        CHECK_FALSE(got.who);
        CHECK_FALSE(subject.find(key, now));
    }
    CHECK(verifier.calls == 5);
}

TEST_CASE_METHOD(fixture, "parallel requests with one token cost one call") {
    verifier.hold = true;
    std::optional<decision> got[4];
    for (auto& each : got) begin(each);
    CHECK(verifier.calls == 1);
    verifier.release();
    context.run();
    CHECK(got[0]->cache == cache_state::miss);
    for (const auto& each : got) CHECK(each->what == verdict::allow);
    for (int i = 1; i < 4; ++i) CHECK(got[i]->cache == cache_state::coalesced);
    CHECK(shared.stats().coalesced == 3);
}

TEST_CASE_METHOD(fixture, "a waiter that gives up does not cancel what the others wait for") {
    verifier.hold = true;
    std::optional<decision> hasty;
    std::optional<decision> patient;
    begin(hasty, key, core::clock::now());
    begin(patient);
    context.run();
    REQUIRE(hasty);
    CHECK(hasty->what == verdict::unavailable);
    CHECK(hasty->why == reason::gate_timeout);
    CHECK_FALSE(patient);
    verifier.release();
    context.restart();
    context.run();
    CHECK(patient->what == verdict::allow);
    CHECK(verifier.calls == 1);
}

TEST_CASE_METHOD(fixture, "an exception in a verifier is unavailable, not allow, and lets the flight land") {
    verifier.throws = true;
    const auto got = verify();
    CHECK(got.what == verdict::unavailable);
    CHECK(got.why == reason::internal_error);
    CHECK(shared.stats().calls_under_way == 0);
    verifier.throws = false;
    CHECK(verify().what == verdict::allow);
}

TEST_CASE_METHOD(fixture, "rule 25: the text of an exception goes nowhere, for it may hold anything") {
    std::string log;
    auth::shared_state noting{cache, limits, [&](config::log_level, std::string_view line) { log += line; }};
    auth::authenticator other{noting, verifier, context.get_executor(), cache, {}, {}};
    verifier.throws = true;
    std::optional<decision> got;
    core::spawn(store(other.verify("agt_a", key, core::never), got));
    context.run();
    REQUIRE(got);
    CHECK_FALSE(log.empty());
    CHECK(log.find("boom") == std::string::npos);
}

TEST_CASE_METHOD(fixture, "rule 24: calls and waiters beyond their bounds are refused at once") {
    verifier.hold = true;
    std::optional<decision> got[6];
    begin(got[0], key_number(1));
    begin(got[1], key_number(2));
    begin(got[2], key_number(3));
    REQUIRE(got[2]);
    CHECK(got[2]->why == reason::gate_busy);
    for (int i = 3; i < 6; ++i) begin(got[i], key_number(1));
    std::optional<decision> one_too_many;
    begin(one_too_many, key_number(1));
    REQUIRE(one_too_many);
    CHECK(one_too_many->what == verdict::unavailable);
    CHECK(one_too_many->why == reason::gate_busy);
    CHECK(verifier.calls == 2);
    verifier.release();
    context.run();
}

TEST_CASE_METHOD(fixture, "after a 429 nobody calls Gate until its Retry-After has passed") {
    auto limited = answer(429, verdict::unavailable, reason::gate_rate_limited);
    limited.retry_after = 10s;
    verifier.next = limited;
    CHECK(verify().retry_after == 10s);
    verifier.next = vouching();
    now += 9s;
    const auto refused = verify(key_number(2));
    CHECK(refused.why == reason::gate_rate_limited);
    CHECK(refused.retry_after == 1s);
    CHECK(verifier.calls == 1);
    now += 1s;
    CHECK(verify(key_number(2)).what == verdict::allow);
}

TEST_CASE_METHOD(fixture, "cached tokens pass while calls are stopped") {
    verify();
    shared.calls.rate_limited(30s, now);
    CHECK(subject.find(key, now)->what == verdict::allow);
    CHECK(verify(key_number(2)).why == reason::gate_rate_limited);
}

TEST_CASE_METHOD(fixture, "a token that was refused and is accepted now is a hit, and the other way round") {
    verifier.next = answer(200, verdict::deny, reason::token_invalid);
    verify();
    now += 30s;
    verifier.next = vouching();
    verify();
    CHECK(subject.find(key, now)->what == verdict::allow);
    now += 60s;
    verifier.next = answer(200, verdict::deny, reason::token_revoked);
    verify();
    CHECK(subject.find(key, now)->why == reason::token_revoked);
}

TEST_CASE_METHOD(fixture, "a 422 after a 200 denies this token and is cached as a refusal") {
    verify();
    verifier.next = answer(422, verdict::unavailable, reason::gate_form_refused);
    CHECK(verify(key_number(2)).why == reason::token_rejected);
    CHECK(subject.find(key_number(2), now)->what == verdict::deny);
}

TEST_CASE_METHOD(fixture,
                 "who comes between another flight's landing and its own joining makes no second call") {
    verify();
    const auto late = verify();  // as if its look into the cache had come before
    CHECK(late.what == verdict::allow);
    CHECK(late.cache == cache_state::hit);
    CHECK(verifier.calls == 1);
    CHECK(shared.flights.flights() == 0);
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

    core::task<verification> verify(core::secret_string, core::time_point) override {
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
        if (!known) known = co_await subject.verify("agt_a", key, core::clock::now() + 30s);
        if (known->what == verdict::allow) ++allowed;
    }
}

}  // namespace

TEST_CASE("two workers together ask about each token once") {
    constexpr int tokens = 500;
    constexpr int clients = 8;
    config::cache_options cache;
    auth::shared_state shared(cache, {});
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
