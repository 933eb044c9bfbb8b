#include <gate/emulator/fault_plan.hpp>

#include <catch.hpp>
#include <deque>

using namespace std::chrono_literals;
using namespace gate::emulator;

namespace {

// Dice that show what they are told, and complain when thrown more often.
fault_plan::dice showing(std::deque<double> values) {
    return [values]() mutable {
        REQUIRE_FALSE(values.empty());
        const double value = values.front();
        values.pop_front();
        return value;
    };
}

const fault_plan::dice never_thrown = showing({});

fault with_status(unsigned status) {
    fault rule;
    rule.action = fault_action::status;
    rule.status = status;
    return rule;
}

}  // namespace

TEST_CASE("without rules every call goes well") {
    fault_plan plan;
    CHECK_FALSE(plan.next(call_kind::verify, never_thrown));
}

TEST_CASE("a rule with a count governs so many calls, then the next rule does") {
    fault_plan plan;
    fault first = with_status(503);
    first.count = 2;
    plan.replace({first, with_status(500)});
    CHECK(plan.next(call_kind::verify, never_thrown)->status == 503);
    CHECK(plan.next(call_kind::revoke, never_thrown)->status == 503);
    CHECK(plan.next(call_kind::verify, never_thrown)->status == 500);
    CHECK(plan.rules().front().count == 0U);
}

TEST_CASE("a rule for one path leaves the other one alone") {
    fault_plan plan;
    fault rule = with_status(503);
    rule.on_revoke = false;
    rule.count = 1;
    plan.replace({rule});
    CHECK_FALSE(plan.next(call_kind::revoke, never_thrown));
    CHECK(plan.next(call_kind::verify, never_thrown));
    CHECK_FALSE(plan.next(call_kind::verify, never_thrown));
}

TEST_CASE("a probability compares with the dice, and a miss does not use up the count") {
    fault_plan plan;
    fault rule = with_status(503);
    rule.probability = 0.25;
    rule.count = 1;
    plan.replace({rule});
    const auto dice = showing({0.25, 0.24});
    CHECK_FALSE(plan.next(call_kind::verify, dice));
    CHECK(plan.next(call_kind::verify, dice));
}

TEST_CASE("a probability of zero never strikes") {
    fault_plan plan;
    fault rule = with_status(503);
    rule.probability = 0;
    plan.replace({rule});
    CHECK_FALSE(plan.next(call_kind::verify, showing({0.0})));
}

TEST_CASE("jitter comes on top of the latency") {
    fault rule;
    rule.latency = 50ms;
    CHECK(delay_of(rule, never_thrown) == 50ms);
    rule.jitter = 100ms;
    CHECK(delay_of(rule, showing({0.5})) == 100ms);
    CHECK(delay_of(rule, showing({0.0})) == 50ms);
}
