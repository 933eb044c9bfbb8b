#include "governor_fixture.hpp"

#include <catch.hpp>
#include <vector>

using namespace governor_tests;

TEST_CASE("unknown tokens that Gate refuses have an end, accepted and known ones go on") {
    fixture f({.budget = {.limit = 600, .window = 60s, .unknown = 100}, .circuit = {}, .max_calls = 64});
    CHECK(f.calls(lane::unknown, 1000, refused()) == 100);
    const auto full = f.ask_about(lane::unknown);
    CHECK(full.step == kind::refuse);
    CHECK(full.reason == reason::gate_budget_spent);
    CHECK(full.retry_after >= 60s);  // gate.budget.unknown is an end, whatever is left
    CHECK(full.retry_after <= 62s);
    f.now += 10s;
    CHECK(f.ask(lane::unknown) == kind::refuse);
    CHECK(f.calls(lane::known, 1000) == 500);
    fixture accepted;
    CHECK(accepted.calls(lane::unknown, 1000) == 541);  // the last tenth is for known ones
}

TEST_CASE_METHOD(fixture, "one bad token does not keep new ones out for long where others take most") {
    REQUIRE(call(lane::known, answered(350)));
    REQUIRE(call(lane::unknown, refused(349)));
    CHECK(ask(lane::unknown) == kind::refuse);
    now += 10s;
    CHECK(call(lane::unknown, answered(345)));
    REQUIRE(call(lane::known, answered(100)));  // no room any more
    now += 10s;
    CHECK(ask(lane::unknown) == kind::refuse);
}

TEST_CASE("rule 28: what fails while others are answered is wasted, what fails while nobody is is not") {
    fixture outage({.budget = {.limit = 600, .window = 60s, .unknown = 5}, .circuit = {}, .max_calls = 64});
    CHECK(outage.calls(lane::unknown, 4, failed()) == 4);
    outage.now += 4s;
    REQUIRE(outage.call(lane::unknown));
    CHECK(outage.calls(lane::unknown, 100, refused()) == 5);
    fixture alone({.budget = {.limit = 600, .window = 60s, .unknown = 5}, .circuit = {}, .max_calls = 64});
    CHECK(alone.calls(lane::unknown, 4, failed()) == 4);
    REQUIRE(alone.call(lane::unknown));
    CHECK(alone.calls(lane::unknown, 100, refused()) == 1);
}

TEST_CASE("what something before Gate finds odd is wasted immediately, and once") {
    fixture f({.budget = {.limit = 100, .window = 60s, .unknown = 10}, .circuit = {}, .max_calls = 64});
    auto odd = failed(reason::gate_bad_answer);
    odd.status = 403;
    CHECK(f.calls(lane::unknown, 100, odd) == 10);
    CHECK(f.ask_about(lane::unknown).reason == reason::gate_budget_spent);
    fixture one({.budget = {.limit = 100, .window = 60s, .unknown = 10}, .circuit = {}, .max_calls = 64});
    CHECK(one.calls(lane::unknown, 6, odd) == 6);
    REQUIRE(one.call(lane::known));  // what they are compared with
    CHECK(one.held.size() == 6);
    CHECK(one.calls(lane::unknown, 100, odd) == 4);
}

TEST_CASE_METHOD(fixture, "alone, unknown tokens may waste half of what they leave, so a third") {
    unsigned remaining = 600;
    int made = 0;
    while (call(lane::unknown, refused(remaining - 1))) ++made, --remaining;
    CHECK(made == 200);
    made = 0;
    while (call(lane::known, answered(remaining - 1))) ++made, --remaining;
    CHECK(made == 400);
}

TEST_CASE_METHOD(fixture, "of what many leave, each wastes a part as large as its part of their calls") {
    unsigned remaining = 500;  // ninety others have made a call, and this one ten
    REQUIRE(calls(lane::known, 10, answered(remaining)) == 10);
    int made = 0;
    while (call(lane::unknown, refused(remaining -= 10))) ++made;  // the others do as this one
    CHECK(made >= 10);
    CHECK(made <= 20);
    CHECK(remaining >= 300);
}

TEST_CASE_METHOD(fixture, "what was spent a moment ago counts for two windows, though it is there again") {
    REQUIRE(call(lane::known, answered(120)));
    REQUIRE(call(lane::known, answered(600)));
    CHECK(calls(lane::unknown, 100, refused(600)) == 1);
    now += 61s;
    CHECK(calls(lane::unknown, 100, refused(600)) == 1);
    now += 61s;
    CHECK(calls(lane::unknown, 100, refused(600)) > 1);
}

TEST_CASE_METHOD(fixture, "the last tenth of the budget is for known tokens") {
    REQUIRE(call(lane::known, answered(59)));
    CHECK(ask(lane::unknown) == kind::refuse);
    CHECK(call(lane::known, answered(58)));
}

TEST_CASE_METHOD(fixture, "Gate's own word about the limit counts, and the unknown lane follows it") {
    REQUIRE(call(lane::known, answered(5999, 6000)));
    int made = 0;
    while (made < 5000 && call(lane::unknown, refused(static_cast<unsigned>(5998 - made), 6000))) ++made;
    CHECK(made == 2000);
    fixture small;
    REQUIRE(small.call(lane::known, answered(9, 10)));
    CHECK(small.calls(lane::known, 100, answered(9, 10)) == 9);
}

TEST_CASE_METHOD(fixture,
                 "unknown tokens begin with one call, and double with each turn while nobody else calls") {
    std::vector<int> turns;
    unsigned remaining = 600;
    for (int turn = 0; turn < 7; ++turn) {
        int made = 0;
        while (ask(lane::unknown) == kind::go) ++made;
        turns.push_back(made);
        for (int i = 0; i < made; ++i) end(lane::unknown, answered(--remaining));
        now += 100ms;
    }
    CHECK(turns == std::vector<int>{1, 2, 4, 8, 16, 32, 32});
}

TEST_CASE_METHOD(fixture, "a quiet unknown lane begins anew") {
    unsigned remaining = 600;
    for (int i = 0; i < 5; ++i) {
        REQUIRE(ask(lane::unknown) == kind::go);
        end(lane::unknown, answered(--remaining));
    }
    now += 11s;
    CHECK(ask(lane::unknown) == kind::go);
    CHECK(ask(lane::unknown) == kind::wait);
}
