#include <gate/export/delivery.hpp>

#include <catch.hpp>

using namespace gate;
using namespace gate::exporting;
using namespace std::chrono_literals;
using action = delivery::action;
using outcome = delivery::outcome;

namespace {

const core::time_point start{1h};

// Begins a call and ends it so.
action call(delivery& by, outcome how, core::time_point now, unsigned attempts = 1,
            std::optional<std::chrono::seconds> retry_after = {}, std::uint64_t random = 0) {
    by.begin();
    return by.end(how, attempts, retry_after, now, random);
}

}  // namespace

TEST_CASE("while all goes well, four calls may be made simultaneously") {
    delivery d;
    for (int i = 0; i < 4; ++i) {
        CHECK(d.may_begin(start));
        d.begin();
    }
    CHECK_FALSE(d.may_begin(start));
    CHECK(d.end(outcome::accepted, 1, {}, start, 0) == action::forget);
    CHECK(d.may_begin(start));
}

TEST_CASE("after a failure there is a pause, then one call at a time until one succeeds") {
    delivery d;
    CHECK(call(d, outcome::may_retry, start) == action::send_again);
    CHECK_FALSE(d.may_begin(start + 999ms));
    CHECK(d.may_begin(start + 1s));
    d.begin();
    CHECK_FALSE(d.may_begin(start + 1s));
    CHECK(d.end(outcome::accepted, 2, {}, start + 1s, 0) == action::forget);
    d.begin();
    CHECK(d.may_begin(start + 1s));
}

TEST_CASE("the pause doubles with each failure in a row up to 30 s, and begins anew after a success") {
    delivery d;
    auto now = start;
    for (const auto pause : {1s, 2s, 4s, 8s, 16s, 30s, 30s, 30s}) {
        call(d, outcome::may_retry, now);
        CHECK(d.held_until() == now + pause);
        now = d.held_until();
    }
    for (int i = 0; i < 100; ++i) call(d, outcome::may_retry, now);
    CHECK(d.held_until() == now + 30s);
    now = d.held_until();
    call(d, outcome::accepted, now);
    CHECK(d.may_begin(now));
    call(d, outcome::may_retry, now);
    CHECK(d.held_until() == now + 1s);
}

TEST_CASE("a random part of up to a half keeps many from coming together") {
    delivery d;
    call(d, outcome::may_retry, start, 1, {}, 255);
    CHECK(d.held_until() > start + 1400ms);
    CHECK(d.held_until() < start + 1500ms);
}

TEST_CASE("Retry-After is obeyed where it is longer than the pause, up to five minutes") {
    delivery d;
    call(d, outcome::may_retry, start, 1, 20s);
    CHECK(d.held_until() == start + 20s);
    delivery shorter;
    call(shorter, outcome::may_retry, start, 1, 0s);
    CHECK(shorter.held_until() == start + 1s);
    delivery hostile;
    call(hostile, outcome::may_retry, start, 1, std::chrono::seconds::max());
    CHECK(hostile.held_until() == start + 300s);
}

TEST_CASE("the failures of calls that were under way together do not shorten the pause") {
    delivery d;
    d.begin();
    d.begin();
    d.end(outcome::may_retry, 1, 60s, start, 0);
    d.end(outcome::may_retry, 1, {}, start, 0);
    CHECK(d.held_until() == start + 60s);
}

TEST_CASE("a success of a call that was under way does not end the pause that another was told") {
    delivery d;
    d.begin();
    d.begin();
    d.end(outcome::may_retry, 1, 60s, start, 0);
    d.end(outcome::accepted, 1, {}, start, 0);
    CHECK_FALSE(d.may_begin(start + 59s));
    CHECK(d.may_begin(start + 60s));
}

TEST_CASE("a batch is sent five times at most, and one that is refused only once") {
    delivery d;
    for (const unsigned attempt : {1U, 2U, 3U, 4U})
        CHECK(call(d, outcome::may_retry, start, attempt) == action::send_again);
    CHECK(call(d, outcome::may_retry, start, 5) == action::drop);
    CHECK(call(d, outcome::refused, start, 1) == action::drop);
    CHECK(d.may_begin(d.held_until()));
}

TEST_CASE("at the end nothing waits for a time after the deadline") {
    delivery d;
    d.close(start + 3s);
    CHECK(d.may_begin(start));
    CHECK(call(d, outcome::may_retry, start) == action::send_again);
    CHECK(call(d, outcome::may_retry, start + 1s) == action::drop);  // 2 s later
    CHECK_FALSE(d.may_begin(start + 3s));
}
