// What becomes known everywhere, and what is believed of it.
#include "fleet_replicas.hpp"

using namespace fleet_tests;

TEST_CASE_METHOD(fixture, "fleet: a revocation is everywhere, before the answer or after it") {
    a.verify();
    b.store.deliver();
    bool is_told = false;
    core::spawn([](replica& by, bool& out) -> core::task<> {
        const auto key = by.hasher.key_of("agt_a");
        const core::executor executor = by.of.context.get_executor();
        out = co_await by.member.publish_revocation(key, executor);
    }(a, is_told));
    CHECK(is_told);
    b.store.deliver();
    REQUIRE(b.find());
    CHECK(b.find()->reason == reason::token_revoked);
    CHECK(b.withdrawn == 1);
    b.store.read_again();
    b.store.deliver();
    CHECK(b.find()->reason == reason::token_revoked);
    CHECK(b.withdrawn == 1);
    replica late(*this);
    CHECK(late.find()->reason == reason::token_revoked);
    pass(69s);
    CHECK(late.find()->reason == reason::token_revoked);
    pass(2s);
    CHECK_FALSE(late.find());
}

TEST_CASE_METHOD(fixture, "fleet: a new replica uses no yes of the log before it has read all of it") {
    a.verify();
    replica late(*this);
    REQUIRE(late.find());
    late.member.connected();
    late.store.read_again();
    late.store.deliver();
    pass(60s);
    a.store.deliver();
    a.verify();
    late.store.deliver();
    CHECK_FALSE(late.find());
    late.member.caught_up();
    CHECK(late.find());
    CHECK(late.verifier.calls == 0);
}

TEST_CASE_METHOD(fixture,
                 "fleet [8]: a replica with another secret key believes nothing, and asks for itself") {
    replica other(*this, auth::key_id{9});
    a.verify();
    other.store.deliver();
    CHECK_FALSE(other.find());
    CHECK(other.verify().verdict == verdict::allow);
    CHECK(other.verifier.calls == 1);
    other.member.hold_keys({auth::key_id{9}, live});
    other.store.read_again();
    pass(1s);
    a.store.deliver();
}

TEST_CASE_METHOD(fixture, "fleet: Gate's pause is everyone's") {
    a.verifier.next = answer(verdict::unavailable, reason::gate_rate_limited, 429);
    a.verifier.next.retry_after = 30s;
    a.verify();
    b.store.deliver();
    CHECK(b.shared.calls.time_left(now) >= 30s);
    const auto told = b.shared.calls.time_left(now);
    b.store.read_again();
    b.store.deliver();
    CHECK(b.shared.calls.time_left(now) == told);
}

TEST_CASE_METHOD(fixture, "fleet: blocks and liftings are everyone's, and the last one counts") {
    const auto tell = [](replica& by, core::time_point until) {
        core::spawn([](replica& of, core::time_point end) -> core::task<> {
            std::string account = "gacct_1";
            const core::executor executor = of.of.context.get_executor();
            co_await of.member.publish_block(std::move(account), end, executor);
        }(by, until));
    };
    tell(a, core::never);
    b.store.deliver();
    CHECK(b.subject.is_blocked("gacct_1", now));
    CHECK(b.withdrawn == 1);
    pass(1s);
    tell(b, now);
    a.store.deliver();
    b.store.deliver();
    CHECK_FALSE(a.subject.is_blocked("gacct_1", now));
    CHECK_FALSE(b.subject.is_blocked("gacct_1", now));
    replica late(*this);
    CHECK_FALSE(late.subject.is_blocked("gacct_1", now));
    CHECK(late.member.blocks().size() == 1);
}

TEST_CASE_METHOD(fixture,
                 "fleet: a purge is everywhere, and who comes after it joins no flight from before") {
    a.verify();
    b.store.deliver();
    pass(1s);
    core::spawn([](replica& of) -> core::task<> {
        std::string name;
        const core::executor executor = of.of.context.get_executor();
        co_await of.member.publish_purge(auth::purge_scope::kind::all, std::move(name), executor);
    }(a));
    a.store.deliver();
    b.store.deliver();
    CHECK_FALSE(a.find());
    CHECK_FALSE(b.find());
    b.store.read_again();
    b.store.deliver();
    CHECK_FALSE(b.find());
}

TEST_CASE_METHOD(fixture,
                 "fleet [4]: after a fail-over to a clock 40 s behind the later answer still counts") {
    a.verify();
    a.store.deliver();
    b.store.deliver();
    pass(10s);
    log.now -= 40s;
    a.store.sample();
    b.store.sample();
    pass(50s);
    a.verifier.next = answer(verdict::deny, reason::token_invalid);
    CHECK(a.verify().verdict == verdict::deny);
    b.store.deliver();
    REQUIRE(b.find());
    CHECK(b.find()->verdict == verdict::deny);
}

TEST_CASE_METHOD(fixture, "fleet: a machine that slept has become older by that") {
    a.verify();
    slept = 50s;
    log.now += 50s;
    a.store.sample();
    REQUIRE(a.find());
    CHECK(a.find()->age == 50s);
    pass(10s);
    CHECK_FALSE(a.find());
}

TEST_CASE_METHOD(fixture, "fleet: calls that fail beside others confirm the waste that the store counts") {
    const auto fail = [this](int calls) {
        for (int i = 0; i < calls; ++i) {
            auth::fleet_message failed;
            failed.kind = auth::fleet_kind::failure;
            failed.at = log.now;
            failed.token = auth::id_of(a.hasher.key_of("agt_" + std::to_string(i)));
            failed.refused_for = reason::gate_failing;
            failed.keys = {live};
            log.add(failed);
        }
        b.store.deliver();
    };
    fleet_turn later;
    later.step = fleet_turn::kind::later;
    later.for_waste = true;
    fail(240);
    CHECK_FALSE(b.member.confirms(later));  // Gate answers nobody
    a.verify();
    pass(1s);
    fail(120);
    CHECK(b.member.confirms(later));
}

TEST_CASE_METHOD(fixture, "fleet: a machine that slept is noticed without a word of the store") {
    a.verify();
    slept = 50s;
    a.member.look_at_clocks();
    REQUIRE(a.find());
    CHECK(a.find()->age == 50s);
}

// The machine sleeps while a call of a's is under way, and Gate's answer is read when it wakes.
struct asleep_during_a_call : fixture {
    std::optional<decision> made;

    void ask_and_sleep(std::chrono::seconds span) {
        a.verifier.hold = true;
        a.begin(made);
        REQUIRE(a.verifier.calls == 1);
        slept += span;
        log.now += span;
    }
    void wake() {
        a.verifier.release();
        context.restart();
        context.run();
        REQUIRE(made);
    }
};

TEST_CASE_METHOD(asleep_during_a_call, "fleet: an answer is as old as its question, however long we slept") {
    a.store.is_away = GENERATE(true, false);
    ask_and_sleep(3s);
    if (!a.store.is_away) a.store.sample();
    if (GENERATE(true, false)) a.member.look_at_clocks();
    wake();
    CHECK(made->verdict == verdict::allow);
    REQUIRE(a.find());
    CHECK(a.find()->age >= 3s);
    CHECK(a.find()->age <= 4s);
    pass(57s);
    CHECK_FALSE(a.find());
}

TEST_CASE_METHOD(asleep_during_a_call, "fleet: a yes that we slept through is none, and a no is one") {
    a.store.is_away = GENERATE(true, false);
    const bool accepts = GENERATE(true, false);
    if (!accepts) a.verifier.next = answer(verdict::deny, reason::token_invalid);
    ask_and_sleep(300s);
    wake();
    CHECK(made->verdict == (accepts ? verdict::unavailable : verdict::deny));
    CHECK_FALSE(a.find());
}

TEST_CASE_METHOD(asleep_during_a_call, "fleet: a sleep during a call does not undo a revocation") {
    a.store.is_away = true;
    a.verifier.hold = true;
    a.begin(made);
    pass(1s);
    a.shared.facts.revoke(a.hasher.key_of("agt_a"), now, now + a.member.memory());
    const auto span = GENERATE(3s, 300s);
    slept = span;
    log.now += span;
    wake();
    const auto found = a.find();
    CHECK_FALSE((found && found->verdict == verdict::allow));
    CHECK(made->verdict != verdict::allow);
}

TEST_CASE_METHOD(fixture, "fleet: a purge that is heard again changes nothing") {
    auth::fleet_message purge;
    purge.kind = auth::fleet_kind::purge;
    purge.at = log.now;
    log.add(purge);
    b.store.deliver();
    const auto withdrawals = b.shared.facts.withdrawals();
    b.store.read_again();
    b.store.deliver();
    CHECK(b.shared.facts.withdrawals() == withdrawals);
    pass(1s);
    purge.at = log.now;
    log.add(purge);
    b.store.deliver();
    CHECK(b.shared.facts.withdrawals() == withdrawals + 1);
}

TEST_CASE_METHOD(fixture, "rule 24: answers of so long ago that they are of no use are not held back") {
    a.verify();
    pass(70s);
    b.member.connected();
    b.store.deliver();
    CHECK(b.shared.facts.sizes().accepted == 1);
    a.verify("agt_b");
    b.store.deliver();
    CHECK(b.shared.facts.sizes().accepted == 1);
    b.member.caught_up();
    CHECK(b.shared.facts.sizes().accepted == 2);
}

TEST_CASE_METHOD(fixture, "fleet: blocks that a new replica reads come into force together") {
    auth::fleet_message block;
    block.kind = auth::fleet_kind::block;
    block.at = log.now;
    block.until = auth::store_never;
    const auto hear_of = [&](int accounts) {
        for (int i = 0; i < accounts; ++i) {
            block.account = "gacct_" + std::to_string(i);
            block.at += 1us;
            b.member.heard(block);
        }
    };
    b.member.connected();
    const auto withdrawals = b.shared.facts.withdrawals();
    hear_of(100);
    b.member.caught_up();
    CHECK(b.subject.is_blocked("gacct_0", now));
    CHECK(b.subject.is_blocked("gacct_99", now));
    CHECK(b.shared.facts.withdrawals() == withdrawals + 1);
    CHECK(b.withdrawn == 1);
    b.member.connected();
    hear_of(1'000);  // too many to wait for the end
    CHECK(b.subject.is_blocked("gacct_999", now));
}

TEST_CASE_METHOD(fixture, "fleet: a block is in force though a new replica never reads to the end") {
    auth::fleet_message block;
    block.kind = auth::fleet_kind::block;
    block.account = "gacct_1";
    block.at = log.now;
    block.until = auth::store_never;
    const auto ending = GENERATE(0, 1, 2);
    b.member.connected();
    b.member.heard(block);
    if (ending == 0) b.member.reached({1, 0});
    if (ending == 1) b.store.sample();
    if (ending == 2) b.member.away();
    CHECK(b.subject.is_blocked("gacct_1", now));
}
