#include <gate/auth/governor.hpp>

#include <catch.hpp>

using namespace gate::auth;
using namespace std::chrono_literals;
using gate::core::reason;
using gate::core::time_point;

namespace {
const time_point start{1000s};
}

TEST_CASE("no call is granted before Retry-After has passed") {
    governor_core governor(10);
    governor.rate_limited(5s, start);
    CHECK(governor.ask(start).why == reason::gate_rate_limited);
    CHECK(governor.ask(start).retry_after == 5s);
    CHECK(governor.ask(start + 4'001ms).retry_after == 1s);
    CHECK_FALSE(governor.ask(start + 4'999ms).granted);
    CHECK(governor.ask(start + 5s).granted);
}

TEST_CASE("a later 429 never opens earlier than an earlier one said") {
    governor_core governor(10);
    governor.rate_limited(60s, start);
    governor.rate_limited(1s, start + 1s);
    CHECK_FALSE(governor.ask(start + 59s).granted);
    governor.rate_limited(10s, start + 59s);
    CHECK_FALSE(governor.ask(start + 68s).granted);
    CHECK(governor.ask(start + 69s).granted);
}

TEST_CASE("a 429 that names no time stops calls for the default, one that names a year for the maximum") {
    governor_core unnamed(10);
    unnamed.rate_limited(0s, start);
    CHECK_FALSE(unnamed.ask(start + default_retry_after - 1ms).granted);
    CHECK(unnamed.ask(start + default_retry_after).granted);
    governor_core absurd(10);
    absurd.rate_limited(std::chrono::seconds::max(), start);
    CHECK_FALSE(absurd.ask(start + max_retry_after - 1ms).granted);
    CHECK(absurd.ask(start + max_retry_after).granted);
}

TEST_CASE("rule 24: calls under way are bounded, and a slot comes back when one ends") {
    governor governor(2);
    CHECK(governor.ask(start).granted);
    CHECK(governor.ask(start).granted);
    CHECK(governor.ask(start).why == reason::gate_busy);
    governor.ended();
    CHECK(governor.ask(start).granted);
    CHECK(governor.under_way() == 2);
    CHECK(governor.refused().busy == 1);
    governor.rate_limited(1s, start);
    CHECK_FALSE(governor.ask(start).granted);
    CHECK(governor.refused().rate_limited == 1);
}
