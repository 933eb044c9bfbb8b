#include <gate/auth/access.hpp>

#include <catch.hpp>

using namespace gate;
using namespace std::chrono_literals;
using auth::verdict;
using core::reason;

namespace {

// Answers at once, as the test says.
class ready_verifier : public auth::token_verifier {
public:
    core::task<auth::verification> verify(core::secret_string, core::time_point, auth::attempt) override {
        ++calls;
        co_return next;
    }

    auth::verification next;
    int calls = 0;
};

struct fixture {
    fixture() {
        verifier.next.verdict = verdict::allow;
        verifier.next.reason = reason::token_verified;
        verifier.next.status = 200;
        verifier.next.account_id = "gacct_1";
    }

    // Reads a request with this token, and decides as far as nobody has to be asked.
    bool decide(auth::access& subject) {
        facts.clear();
        REQUIRE(http::read_request(text, rules, facts));
        const auto shown = auth::extract_bearer(facts.head);
        REQUIRE(shown.has_value());
        return subject.decide(facts, *shown, policy, scratch, now);
    }
    auth::access fresh() { return {knows, hasher, "X-Gate-Account-Id: ", 5s}; }

    void run(core::task<> work) {
        core::spawn(std::move(work));
        context.restart();
        context.run();
    }
    void verify(auth::access& subject) { run(subject.verify(auth::client_id{})); }
    void fail(reason why) {
        verifier.next = {};
        verifier.next.reason = why;
    }

    const std::string text = "GET / HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer agt_a\r\n\r\n";
    http::reading_rules rules{{16384, 100, 8192}, http::identity_names(""), {}};
    http::request_facts facts;
    auth::access_policy policy{config::config{}};
    auth::policy_scratch scratch;
    core::time_point now = core::clock::now();
    ready_verifier verifier;
    config::cache_options cache{.grace = 1h};
    core::asio::io_context context{1};
    auth::shared_state shared{cache, {}, {}};
    auth::authenticator knows{shared, verifier, context.get_executor(), cache, {}, {}};
    auth::token_hasher hasher{auth::process_key(std::array<std::uint8_t, 32>{}), "https://gate.test", "key"};
};

}  // namespace

TEST_CASE_METHOD(fixture, "a token that nobody knows is asked about, and then known") {
    auto first = fresh();
    CHECK_FALSE(decide(first));
    CHECK_FALSE(first.is_made());
    CHECK_FALSE(first.is_allowed());
    CHECK(first.has_token());
    verify(first);
    CHECK(first.is_allowed());
    CHECK(first.made().identity.account_id() == "gacct_1");
    CHECK(first.gate_time().has_value());
    CHECK(first.drops_authorization());

    auto second = fresh();
    CHECK(decide(second));
    CHECK(second.is_allowed());
    CHECK(second.made().cache == auth::cache_state::hit);
    CHECK_FALSE(second.gate_time().has_value());
    CHECK(verifier.calls == 1);
}

TEST_CASE_METHOD(fixture, "a token that Gate refuses is denied, and what cannot be asked is unavailable") {
    auto refused = fresh();
    verifier.next = {};
    verifier.next.verdict = verdict::deny;
    verifier.next.reason = reason::token_invalid;
    verifier.next.status = 404;
    CHECK_FALSE(decide(refused));
    verify(refused);
    CHECK(refused.made().verdict == verdict::deny);
    CHECK(refused.made().reason == reason::token_invalid);
    CHECK_FALSE(refused.is_allowed());

    shared.facts.purge({}, core::clock::now());
    auto unanswered = fresh();
    fail(reason::gate_unreachable);
    CHECK_FALSE(decide(unanswered));
    verify(unanswered);
    CHECK(unanswered.made().verdict == verdict::unavailable);
    CHECK(unanswered.made().reason == reason::gate_unreachable);
}

TEST_CASE_METHOD(fixture,
                 "rule 13: a decision is outdated once anything is revoked, and confirmed by the caches") {
    auto subject = fresh();
    decide(subject);
    verify(subject);
    CHECK_FALSE(subject.is_outdated());
    shared.facts.revoke(hasher.key_of("agt_b"), core::clock::now());
    CHECK(subject.is_outdated());
    run(subject.confirm({}));
    CHECK_FALSE(subject.is_outdated());
    CHECK(subject.is_allowed());
    CHECK(verifier.calls == 1);
}

TEST_CASE_METHOD(fixture, "rule 13: a token that was revoked after the decision is denied") {
    auto subject = fresh();
    decide(subject);
    verify(subject);
    shared.facts.revoke(hasher.key_of("agt_a"), core::clock::now());
    run(subject.confirm({}));
    CHECK(subject.made().verdict == verdict::deny);
    CHECK(subject.made().reason == reason::token_revoked);
    CHECK(verifier.calls == 1);
}

TEST_CASE_METHOD(fixture, "rule 13: Gate is asked again where a purge has emptied the caches") {
    auto subject = fresh();
    decide(subject);
    verify(subject);
    shared.facts.purge({}, core::clock::now());
    REQUIRE(subject.is_outdated());
    run(subject.confirm({}));
    CHECK(subject.is_allowed());
    CHECK(verifier.calls == 2);
}

TEST_CASE_METHOD(fixture, "a request without a token never becomes outdated") {
    const std::string plain = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    REQUIRE(http::read_request(plain, rules, facts));
    auto subject = fresh();
    REQUIRE(subject.decide(facts, {}, policy, scratch, now));
    CHECK(subject.made().reason == reason::token_missing);
    shared.facts.purge({}, core::clock::now());
    CHECK_FALSE(subject.is_outdated());
    CHECK_FALSE(subject.has_token());
}

TEST_CASE_METHOD(fixture, "a blocked account is denied by Gate's answer, by the cache and after a wait") {
    shared.blocked.block("gacct_1", core::never);
    auto asked = fresh();
    REQUIRE_FALSE(decide(asked));
    verify(asked);
    auto known = fresh();
    REQUIRE(decide(known));
    for (auto* each : {&asked, &known}) {
        CHECK_FALSE(each->is_allowed());
        CHECK(each->made().verdict == verdict::deny);
        CHECK(each->made().reason == reason::account_blocked);
        CHECK_FALSE(each->made().identity);
        CHECK(each->account_id() == "gacct_1");
        CHECK(each->verification_line().empty());
    }
    CHECK(verifier.calls == 1);
    shared.blocked.unblock("gacct_1");
    auto again = fresh();
    REQUIRE(decide(again));
    CHECK(again.is_allowed());
    CHECK(again.account_id() == "gacct_1");
    CHECK(verifier.calls == 1);
}

TEST_CASE_METHOD(fixture,
                 "rule 13: a decision is outdated once an account is blocked, and confirmed by the list") {
    auto subject = fresh();
    decide(subject);
    verify(subject);
    shared.blocked.block("gacct_2", core::never);
    REQUIRE(subject.is_outdated());
    run(subject.confirm({}));
    CHECK(subject.is_allowed());
    CHECK_FALSE(subject.is_outdated());
    shared.blocked.block("gacct_1", core::never);
    REQUIRE(subject.is_outdated());
    run(subject.confirm({}));
    CHECK(subject.made().reason == reason::account_blocked);
    CHECK_FALSE(subject.is_outdated());  // there is nothing that could be taken back
    CHECK(verifier.calls == 1);
}

TEST_CASE_METHOD(fixture, "rule 29: what an operator has withdrawn is told, and denied when it is renewed") {
    auto subject = fresh();
    decide(subject);
    verify(subject);
    CHECK(subject.withdrawal(now) == reason::none);
    CHECK(subject.renew(now).verdict == verdict::allow);
    shared.blocked.take_file({"gacct_1"});
    CHECK(subject.withdrawal(now) == reason::account_blocked);
    CHECK(subject.renew(now).verdict == verdict::deny);
    CHECK(subject.renew(now).reason == reason::account_blocked);
    shared.facts.revoke(hasher.key_of("agt_a"), core::clock::now());
    CHECK(subject.withdrawal(now) == reason::token_revoked);
}

TEST_CASE_METHOD(fixture, "a token that passes by cache.grace does not open a blocked account") {
    auto first = fresh();
    decide(first);
    verify(first);
    shared.blocked.block("gacct_1", core::never);
    fail(reason::gate_failing);
    now += 61s;
    auto late = fresh();
    REQUIRE_FALSE(decide(late));
    verify(late);
    CHECK_FALSE(late.is_allowed());
}

namespace {

struct in_shadow : fixture {
    bool decide_in_shadow(auth::access& subject) {
        facts.clear();
        REQUIRE(http::read_request(text, rules, facts));
        const auto shown = auth::extract_bearer(facts.head);
        return subject.decide(facts, *shown, shadow, scratch, now);
    }
    static config::config options() {
        config::config out;
        out.auth.shadow = true;
        return out;
    }
    auth::access_policy shadow{options()};
};

}  // namespace

TEST_CASE_METHOD(in_shadow,
                 "in shadow what would be refused passes with its Authorization and without identity") {
    shared.blocked.block("gacct_1", core::never);
    auto blocked = fresh();
    REQUIRE_FALSE(decide_in_shadow(blocked));
    verify(blocked);
    verifier.next = {};
    verifier.next.reason = reason::gate_unreachable;
    shared.facts.purge({}, core::clock::now());
    now = core::clock::now();
    auto unanswered = fresh();
    REQUIRE_FALSE(decide_in_shadow(unanswered));
    verify(unanswered);
    for (auto* each : {&blocked, &unanswered}) {
        CHECK(each->passes());
        CHECK_FALSE(each->is_allowed());
        CHECK_FALSE(each->drops_authorization());
        CHECK_FALSE(each->made().identity);
        CHECK_FALSE(each->is_outdated());
    }
}

TEST_CASE_METHOD(in_shadow, "in shadow nothing that was refused is allowed by what comes later") {
    auto subject = fresh();
    verifier.next = {};
    verifier.next.verdict = verdict::deny;
    verifier.next.reason = reason::token_invalid;
    verifier.next.status = 404;
    REQUIRE_FALSE(decide_in_shadow(subject));
    verify(subject);
    shared.facts.purge({}, core::clock::now());
    CHECK_FALSE(subject.is_outdated());
    CHECK(subject.passes());
    CHECK(subject.made().reason == reason::token_invalid);
}

TEST_CASE_METHOD(in_shadow, "a good token in shadow has its identity, and counts again when shadow ends") {
    auto subject = fresh();
    REQUIRE_FALSE(decide_in_shadow(subject));
    verify(subject);
    CHECK(subject.is_allowed());
    CHECK(subject.in_shadow());
    CHECK(subject.drops_authorization());
    CHECK(subject.made().identity.account_id() == "gacct_1");
    subject.leave_shadow();
    CHECK_FALSE(subject.in_shadow());
    CHECK(subject.passes());
}
