// What a governor hears of others, in a fleet.
#include "governor_fixture.hpp"

#include <gate/auth/rolling_count.hpp>

#include <catch.hpp>

using namespace governor_tests;

namespace {

governor_core::options with_budget(std::size_t limit, std::size_t unknown) {
    governor_core::options out;
    out.budget.limit = limit;
    out.budget.unknown = unknown;
    return out;
}

}  // namespace

TEST_CASE("fleet: a call that is not made after all takes nothing of the budget") {
    fixture one(with_budget(10, 10));
    for (int i = 0; i < 100; ++i) {
        const auto who = one.next();
        REQUIRE(one.subject.ask(lane::known, who, one.now).step == kind::go);
        one.subject.withdraw(lane::known, who, one.now);
    }
    CHECK(one.subject.under_way() == 0);
    const auto who = one.next();
    REQUIRE(one.subject.ask(lane::unknown, who, one.now).step == kind::go);
    one.subject.withdraw(lane::unknown, who, one.now);
    CHECK(one.ask_about(lane::unknown).step == kind::go);
}

TEST_CASE("fleet: a probe that is not sent leaves its turn to the next, one that was sent does not") {
    const auto which = GENERATE(lane::known, lane::unknown);
    fixture one;
    one.calls(which, 100, failed());
    REQUIRE(one.subject.is_open(which));
    one.now += 1s;
    const auto first = one.next();
    const auto second = one.next();
    REQUIRE(one.subject.ask(which, first, one.now).step == kind::go);
    REQUIRE(one.subject.ask(which, second, one.now).step == kind::refuse);
    one.subject.withdraw(which, first, one.now);
    CHECK(one.subject.ask(which, second, one.now).step == kind::go);
    CHECK(one.subject.ask(which, one.next(), one.now).step == kind::refuse);
    one.subject.withdraw(which, first, one.now);  // of a call that was no probe
    CHECK(one.subject.ask(which, one.next(), one.now).step == kind::refuse);
}

TEST_CASE("fleet: only a probe that is under way is taken back") {
    const auto which = GENERATE(lane::known, lane::unknown);
    fixture one;
    REQUIRE(one.calls(which, 10) == 10);  // so that several may be under way
    const auto who = one.next();
    const auto open = [&] {
        one.calls(which, 100, failed());
        REQUIRE(one.subject.is_open(which));
    };
    SECTION("not one that was sent, though another call for its token is not") {
        REQUIRE(one.subject.ask(which, who, one.now).step == kind::go);
        open();
        one.now += 1s;
        REQUIRE(one.call(which, who, failed()));
    }
    SECTION("not one of an outage before, though a call for its token is not sent") {
        open();
        one.now += 1s;
        REQUIRE(one.call(which, who));
        REQUIRE(one.subject.ask(which, who, one.now).step == kind::go);
        open();
    }
    one.subject.withdraw(which, who, one.now);
    CHECK(one.subject.ask(which, one.next(), one.now).step == kind::refuse);
}

TEST_CASE("a count takes back what was added last, and never more than there is") {
    rolling_count count{60s};
    const time_point start{1000s};
    count.add(start);
    count.add(start + 30s);
    count.take_back(start + 31s);
    CHECK(count.total(start + 31s) == 1);
    CHECK(count.total(start + 70s) == 0);
    count.take_back(start + 70s);
    CHECK(count.total(start + 70s) == 0);
}

TEST_CASE("fleet: a pause of another replica holds, the longest counts, and its echo changes nothing") {
    fixture one;
    one.subject.pause(one.now + 30s, one.now);
    const auto left = one.subject.time_left(one.now);
    CHECK(left >= 30s);
    CHECK(one.ask_about(lane::known).reason == reason::gate_rate_limited);
    CHECK_FALSE(one.ask_about(lane::known).known_calls_fail);  // a client may have brought it about
    one.subject.pause(one.now + 30s, one.now);
    one.subject.pause(one.now + 10s, one.now);
    CHECK(one.subject.time_left(one.now) == left);
    one.subject.pause(one.now + 48h, one.now);
    CHECK(one.subject.time_left(one.now) <= 3600s + 20s);
}

TEST_CASE("fleet: what Gate has told another replica counts, the figure that was asked later") {
    fixture one(with_budget(600, 240));
    one.subject.told(600, 60, one.now - 1s, one.now);
    CHECK(one.subject.share_left(one.now) == 0.1);
    one.subject.told(600, 590, one.now - 2s, one.now);
    CHECK(one.subject.share_left(one.now) == 0.1);
    one.subject.told(300, 300, one.now, one.now);
    CHECK(one.subject.share_left(one.now) == 1.0);
    one.subject.told(600, 0, one.now - 60s, one.now);
    CHECK(one.subject.share_left(one.now) == 1.0);
}

TEST_CASE("fleet: replicas that do not see one another's calls share what is for unknown tokens") {
    fixture alone(with_budget(600, 240));
    fixture shared(with_budget(600, 240));
    shared.subject.share_budget_with(10);
    const auto spend = [](fixture& by) {
        int count = 0;
        for (; count < 300; ++count) {
            const auto who = by.next();
            if (by.subject.ask(lane::unknown, who, by.now).step != kind::go) break;
            by.subject.ended(lane::unknown, who, refused(), by.now);
        }
        return count;
    };
    CHECK(spend(alone) == 200);
    CHECK(spend(shared) == 24);
}
