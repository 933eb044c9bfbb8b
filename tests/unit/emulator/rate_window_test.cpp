#include <gate/emulator/rate_window.hpp>

#include <catch.hpp>

using namespace std::chrono_literals;
using gate::core::time_point;
using gate::emulator::admission;
using gate::emulator::rate_window;

namespace {
const time_point start{1000s};
}

TEST_CASE("the window admits as many calls as its limit and tells how many are left") {
    rate_window window(3, 60s);
    for (const std::size_t left : {2U, 1U, 0U}) {
        const admission call = window.count(start);
        CHECK(call.allowed);
        CHECK(call.limit == 3);
        CHECK(call.remaining == left);
    }
    const admission refused = window.count(start + 1s);
    CHECK_FALSE(refused.allowed);
    CHECK(refused.remaining == 0);
    CHECK(refused.retry_after == 59s);
}

TEST_CASE("the window rolls: a call leaves it exactly one window after it was made") {
    rate_window window(2, 60s);
    window.count(start);
    window.count(start + 30s);
    CHECK(window.remaining(start + 60s - 1ms) == 0);
    CHECK(window.remaining(start + 60s) == 1);
    CHECK(window.count(start + 60s).allowed);
    CHECK_FALSE(window.count(start + 61s).allowed);
}

TEST_CASE("a call refused for the first time does not count, and waiting as told is enough") {
    rate_window window(1, 10s);
    window.count(start);
    const admission refused = window.count(start + 2500ms);
    CHECK(refused.retry_after == 8s);  // 7.5 s, rounded up
    CHECK(window.count(start + 2500ms + refused.retry_after).allowed);
}

TEST_CASE("calls made before Retry-After has passed count and lengthen the cool-down") {
    rate_window window(1, 10s);
    window.count(start);
    CHECK(window.count(start + 1s).retry_after == 9s);
    CHECK(window.count(start + 5s).retry_after == 10s);
    CHECK_FALSE(window.count(start + 10s).allowed);  // would have been fine without the call at 5 s
}

TEST_CASE("a call before Retry-After is refused even when the window has room again") {
    rate_window window(2, 1500ms);
    window.count(start);
    window.count(start);
    CHECK(window.count(start).retry_after == 2s);
    CHECK_FALSE(window.count(start + 1700ms).allowed);
    CHECK(window.remaining(start + 1800ms) == 0);
}

TEST_CASE("whoever keeps calling never gets out of the cool-down") {
    rate_window window(5, 10s);
    for (int i = 0; i < 5; ++i) window.count(start);
    for (auto now = start; now < start + 120s; now += 1s) CHECK_FALSE(window.count(now).allowed);
}

TEST_CASE("a limit of zero admits everything and reports nothing") {
    rate_window window(0, 60s);
    for (int i = 0; i < 1000; ++i) CHECK(window.count(start).allowed);
    CHECK(window.count(start).limit == 0);
    CHECK(window.remaining(start) == 0);
}
