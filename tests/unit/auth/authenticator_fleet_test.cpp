// Who asks Gate, and who waits.
#include "fleet_replicas.hpp"

using namespace fleet_tests;

TEST_CASE_METHOD(fixture, "fleet: what one replica was told, all know without a call") {
    CHECK(a.verify().cache == cache_state::miss);
    b.store.deliver();
    const auto hit = b.find();
    REQUIRE(hit);
    CHECK(hit->identity.account_id() == "gacct_1");
    CHECK(hit->fresh_until == now + 60s);
    CHECK(b.verifier.calls == 0);
    CHECK(log.begins == 1);
}

TEST_CASE_METHOD(fixture, "fleet: a token that is asked about elsewhere is waited for, and costs one call") {
    a.verifier.hold = true;
    std::optional<decision> first;
    std::optional<decision> second;
    a.begin(first);
    b.begin(second);
    CHECK(a.verifier.calls == 1);
    CHECK_FALSE(second);
    a.verifier.release();
    context.restart();
    context.poll();
    REQUIRE(first);
    b.store.deliver();
    context.restart();
    context.poll();
    REQUIRE(second);
    CHECK(second->verdict == verdict::allow);
    CHECK(second->cache == cache_state::fleet);
    CHECK(b.verifier.calls == 0);
    CHECK(b.shared.calls.stats().under_way == 0);
}

TEST_CASE_METHOD(fixture, "fleet: one that waited may use an answer once that may not be used again") {
    a.verifier.next.no_store = true;
    a.verifier.next.max_age = 0s;
    a.verifier.hold = true;
    std::optional<decision> first;
    std::optional<decision> second;
    a.begin(first);
    b.begin(second);
    a.verifier.release();
    b.store.deliver();
    context.restart();
    context.poll();
    REQUIRE(second);
    CHECK(second->verdict == verdict::allow);
    CHECK_FALSE(b.find());
}

TEST_CASE_METHOD(fixture, "fleet: an answer that stands in the log is read, and costs no call") {
    a.verify();
    std::optional<decision> got;
    b.begin(got);
    CHECK_FALSE(got);
    b.store.deliver();
    context.restart();
    context.poll();
    REQUIRE(got);
    CHECK(got->verdict == verdict::allow);
    CHECK(b.verifier.calls == 0);
}

TEST_CASE_METHOD(fixture, "fleet: an answer in the log that is none here is ignored the next time") {
    a.verifier.next.max_age = 0s;
    a.verify();
    pass(10s);
    std::optional<decision> got;
    b.begin(got);
    b.store.deliver();
    context.restart();
    context.poll();
    REQUIRE(got);
    CHECK(b.verifier.calls == 1);
    CHECK(b.store.questions.back().ignored == "done 1");
}

TEST_CASE_METHOD(fixture, "fleet: a refusal is everywhere") {
    a.verifier.next = answer(verdict::deny, reason::token_revoked);
    CHECK(a.verify().verdict == verdict::deny);
    CHECK(a.store.results.front().is_waste);
    b.store.deliver();
    REQUIRE(b.find());
    CHECK(b.find()->reason == reason::token_revoked);
}

TEST_CASE_METHOD(fixture, "fleet: without the store each replica asks for itself, and tells nobody") {
    a.store.is_away = true;
    CHECK(a.verify().verdict == verdict::allow);
    CHECK(a.verifier.calls == 1);
    CHECK(log.entries.empty());
    REQUIRE(a.find());
    CHECK(a.find()->age == 250ms);  // so much earlier it may have been, for others
}

TEST_CASE_METHOD(fixture, "fleet: who waits goes on alone when the store is late") {
    a.verifier.hold = true;
    std::optional<decision> first;
    std::optional<decision> second;
    a.begin(first);
    b.begin(second);
    b.store.is_away = true;
    b.member.away();
    context.restart();
    context.poll();
    REQUIRE(second);
    CHECK(second->verdict == verdict::allow);
    CHECK(b.verifier.calls == 1);
    a.verifier.release();
    context.restart();
    context.poll();
    CHECK(first);  // no coroutine is left behind
}

TEST_CASE_METHOD(fixture, "fleet: a call that fails wakes who waits, and one of them asks once more") {
    a.verifier.hold = true;
    a.verifier.next = answer(verdict::unavailable, reason::gate_failing, 500);
    std::optional<decision> first;
    std::optional<decision> second;
    a.begin(first);
    b.begin(second);
    a.verifier.release();
    b.store.deliver();
    context.restart();
    context.poll();
    REQUIRE(second);
    CHECK(second->verdict == verdict::allow);
    CHECK(b.verifier.calls == 1);
}

TEST_CASE_METHOD(fixture, "fleet: an early renewal waits for nobody") {
    a.verify();
    a.store.deliver();
    b.store.deliver();
    pass(59s);
    REQUIRE(b.find());
    CHECK(b.find()->refresh == false);  // once in a second
    a.verifier.hold = true;
    a.subject.refresh("agt_a", a.hasher.key_of("agt_a"));
    b.subject.refresh("agt_a", b.hasher.key_of("agt_a"));
    context.restart();
    context.run();
    CHECK(a.verifier.calls == 2);
    CHECK(b.verifier.calls == 0);
    CHECK(b.subject.under_way() == 0);
    a.verifier.release();
    b.store.deliver();
    REQUIRE(b.find());
    CHECK(b.find()->fresh_until == now + 60s);
}

TEST_CASE_METHOD(fixture, "fleet [6]: a budget that only the store says is spent costs no request") {
    fleet_turn spent;
    spent.step = fleet_turn::kind::later;
    spent.pause = 10s;
    a.store.said_instead = {spent};
    CHECK(a.verify().verdict == verdict::allow);
    CHECK(a.verifier.calls == 1);
}

TEST_CASE_METHOD(fixture, "fleet: a budget that is spent refuses a new token, and says for how long") {
    for (std::uint64_t i = 0; i < 300; ++i) {
        auth::fleet_message message;
        message.at = log.now - std::chrono::microseconds(i);
        message.token = auth::id_of(a.hasher.key_of("agt_b"));
        message.account = "gacct_1";
        message.verified_at = time().wall_now();
        message.keys = {live};
        log.add(message);
    }
    a.store.deliver();
    fleet_turn spent;
    spent.step = fleet_turn::kind::later;
    spent.pause = 10s;
    a.store.said_instead = {spent};
    const auto got = a.verify();
    CHECK(got.reason == reason::gate_budget_spent);
    CHECK(got.retry_after == 10s);
    CHECK(a.verifier.calls == 0);
    CHECK(a.shared.calls.stats().under_way == 0);
}

TEST_CASE_METHOD(fixture, "fleet: an answer of long ago that is read again is of no use to one that waits") {
    a.verify();
    a.store.deliver();
    pass(70s);
    a.verifier.hold = true;
    std::optional<decision> first;
    std::optional<decision> second;
    a.begin(first);
    b.begin(second);
    b.store.deliver();  // only the first answer is there
    context.restart();
    context.poll();
    CHECK_FALSE(second);
    CHECK(b.verifier.calls == 0);
    a.verifier.release();
    b.store.deliver();
    context.restart();
    context.run();
    REQUIRE(second);
    CHECK(second->verdict == verdict::allow);
    CHECK(b.verifier.calls == 0);
}

TEST_CASE_METHOD(fixture, "fleet: who waits for a lock that is given back asks again, as often as it is") {
    a.verifier.hold = true;
    std::optional<decision> first;
    std::optional<decision> second;
    a.begin(first);
    b.begin(second);
    auth::fleet_message release;
    release.kind = auth::fleet_kind::release;
    release.token = auth::id_of(a.hasher.key_of("agt_a"));
    for (int i = 0; i < 3; ++i) {
        const auto questions = b.store.questions.size();
        release.at = log.now;
        log.add(release);
        b.store.deliver();
        context.restart();
        context.poll();
        CHECK(b.store.questions.size() == questions + 1);
    }
    CHECK_FALSE(second);  // the lock is there
    a.verifier.release();
    b.store.deliver();
    context.restart();
    context.run();
    REQUIRE(second);
    CHECK(second->verdict == verdict::allow);
    CHECK(b.verifier.calls == 0);
}

TEST_CASE_METHOD(fixture, "fleet: failures of long ago that are sent again fail no request") {
    a.verifier.next = answer(verdict::unavailable, reason::gate_failing, 500);
    a.verify();
    a.store.deliver();
    pass(10s);
    a.verifier.next = vouching();
    a.verifier.hold = true;
    std::optional<decision> first;
    std::optional<decision> second;
    a.begin(first);
    b.begin(second);
    for (int i = 0; i < 3; ++i) {
        b.store.read_again();
        b.store.deliver();
        context.restart();
        context.poll();
    }
    CHECK_FALSE(second);
    a.verifier.release();
    b.store.deliver();
    context.restart();
    context.run();
    REQUIRE(second);
    CHECK(second->verdict == verdict::allow);
    CHECK(b.verifier.calls == 0);
}

TEST_CASE_METHOD(fixture, "fleet: who comes after a purge is not refused by an answer from before it") {
    a.verifier.next = answer(verdict::deny, reason::token_invalid);
    a.verifier.hold = true;
    std::optional<decision> first;
    std::optional<decision> second;
    a.begin(first);
    pass(1ms);
    b.shared.facts.purge({}, now);
    b.begin(second);
    CHECK_FALSE(second);
    a.verifier.release();
    b.store.deliver();
    context.restart();
    context.run();
    REQUIRE(second);
    CHECK(second->verdict == verdict::allow);
    CHECK(b.verifier.calls == 1);
}

TEST_CASE_METHOD(
    fixture, "fleet: an answer is no younger than its call, though the store's clock is set back meanwhile") {
    a.verifier.hold = true;
    std::optional<decision> first;
    a.begin(first);
    log.now -= 40s;
    a.store.sample();
    a.verifier.release();
    context.restart();
    context.poll();
    REQUIRE(a.find());
    CHECK(a.find()->age == 0ms);
    pass(1s);
    a.shared.facts.purge({}, now);
    CHECK_FALSE(a.find());
}

TEST_CASE_METHOD(fixture, "fleet: who joins a renewal of an entry that ends meanwhile is not sent away") {
    a.verify();
    a.store.deliver();
    b.store.deliver();
    pass(60s);
    a.verifier.hold = true;
    std::optional<decision> first;
    std::optional<decision> second;
    a.begin(first);
    b.store.during_begin = [&] { b.begin(second); };
    b.subject.refresh("agt_a", b.hasher.key_of("agt_a"));
    CHECK_FALSE(second);
    a.verifier.release();
    b.store.deliver();
    context.restart();
    context.run();
    REQUIRE(second);
    CHECK(second->verdict == verdict::allow);
    CHECK(b.verifier.calls == 0);
    CHECK(b.shared.calls.stats().under_way == 0);
}
