#include <gate/auth/fleet_clock.hpp>

#include <catch.hpp>

using namespace gate::auth;
using namespace std::chrono_literals;
using gate::core::time_point;

namespace {

using kind = fleet_clock::kind;

const time_point start{1000s};
constexpr store_time there{std::chrono::seconds(1'800'000'000)};
constexpr store_span boot = 5000s;

// The store says `said` to a command that is sent at `at` and takes `took`.
clock_sample sample(store_time said, store_span at, store_span took = 1ms) {
    return {said, at, at + took};
}

struct fixture {
    fleet_clock clock;
    fixture() { clock.look(start, boot); }
};

}  // namespace

TEST_CASE_METHOD(fixture, "the store's time is not known before it has told it") {
    CHECK_FALSE(clock.is_known());
    CHECK(clock.sample(sample(there, boot)) == kind::first);
    CHECK(clock.is_known());
    CHECK(clock.to_local(there + 5s) == start + 5s);
    CHECK(clock.to_store(start + 7s) == there + 7s);
}

TEST_CASE_METHOD(fixture, "fleet: a sample of 250 ms or more says nothing where there was another") {
    CHECK(clock.sample({there, boot, boot - 1us}) == kind::ignored);
    CHECK_FALSE(clock.is_known());
    CHECK(clock.sample(sample(there + 900ms, boot, 900ms)) == kind::first);
    CHECK(clock.to_local(there + 900ms) == start);  // never later than it was
    CHECK(clock.sample(sample(there, boot, 250ms)) == kind::ignored);
    CHECK(clock.to_local(there + 900ms) == start);
    CHECK(clock.sample(sample(there + 249ms, boot, 249ms)) == kind::jumped);
    CHECK(clock.to_local(there + 249ms) == start);
}

TEST_CASE_METHOD(fixture, "fleet: the offset is the store's time less our time of sending") {
    clock.sample(sample(there + 200ms, boot, 200ms));
    CHECK(clock.to_local(there + 200ms) == start);  // never later than it was
}

TEST_CASE_METHOD(fixture, "two times of the store keep their order and distance while samples waver") {
    clock.sample(sample(there, boot));
    const auto before = clock.to_local(there + 10s);
    CHECK(clock.sample(sample(there + 5s + 240ms, boot + 5s, 245ms)) == kind::confirmed);
    CHECK(clock.sample(sample(there + 6s - 10ms, boot + 6s)) == kind::confirmed);
    CHECK(clock.to_local(there + 10s) == before);
}

TEST_CASE_METHOD(
    fixture,
    "fleet [4]: a fail-over to a node whose clock is 40 s behind leaves all that is held as old as it is") {
    clock.sample(sample(there, boot));
    const auto held = clock.to_local(there);
    CHECK(clock.sample(sample(there + 60s - 40s, boot + 60s)) == kind::jumped);
    // What is asked now is asked 60 s after what is held, though the store says 20 s.
    CHECK(clock.to_local(there + 20s) - held == 60s);
    CHECK(clock.to_store(start + 60s) == there + 20s);
}

TEST_CASE_METHOD(fixture, "what is held becomes older while the machine sleeps") {
    clock.sample(sample(there, boot));
    CHECK(clock.look(start + 10s, boot + 10s + 100ms) == 0s);  // read one after the other
    CHECK(clock.look(start + 20s, boot + 20s + 600s) == 600s);
    CHECK(clock.look(start + 21s, boot + 21s + 600s) == 0s);
    CHECK(clock.to_local(there + 620s) == start + 20s);
    CHECK(clock.sample(sample(there + 621s, boot + 621s)) == kind::confirmed);
}

TEST_CASE("our clock goes on from one look to the next") {
    const auto first = fleet_now();
    CHECK(first > 0s);
    CHECK(fleet_now() >= first);
}

TEST_CASE_METHOD(fixture,
                 "a process that stood still between two readings of the clocks has not slept for ever") {
    clock.sample(sample(there, boot));
    CHECK(clock.look(start + 10s, boot + 10s + 30s) == 30s);  // it was stopped after the first reading
    CHECK(clock.look(start + 50s, boot + 50s) == 0s);
    CHECK(clock.to_local(there + 50s) == start + 50s);
    CHECK(clock.look(start + 60s, boot + 60s + 100ms) == 0s);
    CHECK(clock.to_local(there + 50s) == start + 50s);
}
