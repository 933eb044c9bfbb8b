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
