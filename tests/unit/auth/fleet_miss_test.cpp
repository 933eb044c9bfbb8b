#include <gate/auth/fleet_miss.hpp>

#include <catch.hpp>

using namespace gate::auth;
using namespace std::chrono_literals;
using gate::core::reason;
using gate::core::time_point;

namespace {

const time_point start{1000s};
constexpr store_time there{std::chrono::seconds(1'800'000'000)};
using kind = fleet_turn::kind;

fleet_turn turn(kind step) {
    fleet_turn out;
    out.step = step;
    out.at = there;
    return out;
}

fleet_turn locked(store_span age = 100ms, std::optional<std::chrono::milliseconds> life = 200ms) {
    auto out = turn(kind::wait);
    out.held = "owner";
    out.held_since = there - age;
    out.life = life;
    return out;
}

fleet_turn done(std::uint64_t at, const char* held) {
    auto out = turn(kind::read);
    out.answer = {at, 0};
    out.held = held;
    return out;
}

fleet_turn later(std::chrono::milliseconds pause) {
    auto out = turn(kind::later);
    out.pause = pause;
    return out;
}

struct fixture {
    fleet_miss miss{lane::known, {}, start, 7};
    time_point now = start;

    fleet_miss::action says(const fleet_turn& what, bool confirms = true, gate::core::duration took = 1ms) {
        const auto sent = now;
        now += took;
        return miss.turned(what, confirms, sent, now);
    }
};

template <class Action>
Action as(const fleet_miss::action& what) {
    REQUIRE(std::holds_alternative<Action>(what));
    return std::get<Action>(what);
}

}  // namespace

TEST_CASE_METHOD(fixture, "a token that nobody asks about is asked about, by the store's time") {
    as<fleet_miss::begin>(fleet_miss::start());
    auto go = turn(kind::go);
    go.lock = 5;
    const auto got = as<fleet_miss::call>(says(go));
    CHECK(got.lock == 5);
    CHECK(got.asked == there);
}

TEST_CASE_METHOD(fixture, "a store that is away, or late, is done without") {
    as<fleet_miss::call_alone>(says(turn(kind::away)));
    as<fleet_miss::call_alone>(fleet_miss::store_is_late());
}

TEST_CASE_METHOD(fixture, "an answer in the log is read once, and then the lock's word for it is ignored") {
    const auto read = as<fleet_miss::read>(says(done(10, "done 10-0")));
    CHECK(read.answer == log_position{10, 0});
    CHECK(read.until == now + 50ms);
    CHECK(as<fleet_miss::begin>(miss.has_read(now)).ignored == "done 10-0");
    as<fleet_miss::call_alone>(says(done(10, "done 10-0")));  // a store that says so again lies
}

TEST_CASE_METHOD(fixture, "another answer in the log is read too") {
    says(done(10, "done 10-0"));
    miss.has_read(now);
    as<fleet_miss::read>(says(done(11, "done 11-0")));
}

TEST_CASE_METHOD(fixture, "a store that has ever another answer is left") {
    for (std::uint64_t i = 0; i < 4; ++i) {
        as<fleet_miss::read>(says(done(i, std::to_string(i).c_str())));
        miss.has_read(now);
    }
    as<fleet_miss::call_alone>(says(done(9, "9")));
}

TEST_CASE_METHOD(fixture, "a reader that does not come is not waited for longer than for a command") {
    says(done(10, "done 10-0"));
    as<fleet_miss::call_alone>(miss.timed_out(now + 50ms));
}

TEST_CASE_METHOD(fixture, "fleet: three times the time of a command is spent on the store") {
    says(done(1, "a"), true, 49ms);
    now += 49ms;
    as<fleet_miss::begin>(miss.has_read(now));
    says(done(2, "b"), true, 49ms);
    now += 49ms;
    as<fleet_miss::call_alone>(miss.has_read(now));
}

TEST_CASE_METHOD(fixture,
                 "what another replica asks about is waited for until its lock ends, and a little longer") {
    const auto wait = as<fleet_miss::wait>(says(locked()));
    CHECK(wait.until >= now + 205ms);
    CHECK(wait.until < now + 261ms);
    CHECK_FALSE(wait.for_budget);
    CHECK(as<fleet_miss::begin>(miss.timed_out(wait.until)).ignored.empty());
}

TEST_CASE("waiting replicas do not ask again together") {
    fleet_miss one(lane::known, {}, start, 1);
    fleet_miss other(lane::known, {}, start, 0x9e3779b97f4a7c15U);
    const auto first = as<fleet_miss::wait>(one.turned(locked(), true, start, start));
    const auto second = as<fleet_miss::wait>(other.turned(locked(), true, start, start));
    CHECK(first.until != second.until);
}

TEST_CASE_METHOD(fixture, "a replica whose owner is slow waits no longer than a call can last") {
    while (now < start + 5900ms) {
        const auto wait = as<fleet_miss::wait>(says(locked()));
        now = wait.until;
        const auto next = miss.timed_out(now);
        if (now < start + 6s) as<fleet_miss::begin>(next);
        if (now >= start + 6s) as<fleet_miss::call_alone>(next);
    }
}

TEST_CASE_METHOD(fixture, "fleet [5]: a lock that no living owner can hold is ignored") {
    const auto forged = GENERATE(values<fleet_turn>({
        [] {
            auto out = locked();
            out.held_since.reset();
            return out;
        }(),                          // does not unseal
        locked(6s),                   // than a call can last, and 1 s
        locked(-1s),                  // of the future
        locked(100ms, std::nullopt),  // for ever
        locked(100ms, 301ms),
        locked(100ms, -1ms),
    }));
    CHECK(as<fleet_miss::begin>(says(forged)).ignored == "owner");
    CHECK(miss.has_met_forged_lock());
    as<fleet_miss::call_alone>(says(forged));  // it was handed to the store, which says it again
}

TEST_CASE_METHOD(fixture,
                 "a lock of 300 ms, as young as it can be and as old as a call can be, is waited for") {
    as<fleet_miss::wait>(says(locked(0ms, 300ms)));
    as<fleet_miss::wait>(says(locked(5999ms, 0ms)));
    CHECK_FALSE(miss.has_met_forged_lock());
}

TEST_CASE_METHOD(fixture, "fleet [5]: a store with ever another forged lock is left") {
    for (int i = 0; i < 3; ++i) {
        auto forged = locked(1h);
        forged.held = std::to_string(i);
        as<fleet_miss::begin>(says(forged));
    }
    as<fleet_miss::call_alone>(says(locked(1h)));
}

TEST_CASE_METHOD(fixture, "fleet: one that waits asks again once after a failed call") {
    says(locked());
    as<fleet_miss::begin>(miss.heard_failure(reason::gate_timeout, now - 100ms, now));
    says(locked());
    const auto end = miss.heard_failure(reason::gate_failing, now - 50ms, now);
    CHECK(as<fleet_miss::give_up>(end).reason == reason::gate_failing);
}

TEST_CASE_METHOD(fixture, "fleet: a failure that is heard again is none") {
    says(locked());
    as<fleet_miss::begin>(miss.heard_failure(reason::gate_timeout, start - 100ms, now));
    says(locked());
    as<fleet_miss::begin>(miss.heard_failure(reason::gate_timeout, start - 100ms, now));
    as<fleet_miss::begin>(miss.heard_failure(reason::gate_timeout, start - 1s, now));
}

TEST_CASE_METHOD(fixture, "fleet: what the log says of our own failed call is no other replica's failure") {
    miss.note_own_failure(start - 100ms);
    says(locked());
    as<fleet_miss::begin>(miss.heard_failure(reason::gate_timeout, start - 100ms, now));
    as<fleet_miss::begin>(miss.heard_failure(reason::gate_timeout, start - 50ms, now));
}

TEST_CASE_METHOD(fixture, "a message that is of no use here has the store asked again") {
    says(locked());
    as<fleet_miss::begin>(miss.heard_nothing(now));
}

TEST_CASE("fleet: an early renewal waits for nothing") {
    fleet_miss renewal(lane::refresh, {}, start, 1);
    as<fleet_miss::keep>(renewal.turned(locked(), true, start, start));
    as<fleet_miss::keep>(renewal.turned(later(1s), true, start, start));
    as<fleet_miss::call>(renewal.turned(turn(kind::go), true, start, start));
}

TEST_CASE_METHOD(fixture,
                 "fleet [6]: a budget that is used up in the store's counters only is not believed") {
    CHECK(as<fleet_miss::begin>(says(later(10s), false)).without_budget);
    CHECK(miss.has_met_forged_budget());
    // The lock counts all the same.
    const auto other = as<fleet_miss::wait>(says(locked()));
    now = other.until;
    CHECK(as<fleet_miss::begin>(miss.timed_out(now)).without_budget);
    // A store that names a budget where there is none is left.
    as<fleet_miss::call_alone>(says(later(10s), false));
}

TEST_CASE_METHOD(fixture, "fleet [7]: a known token waits up to 2 s for the budget") {
    auto wait = as<fleet_miss::wait>(says(later(500ms)));
    CHECK(wait.for_budget);
    CHECK(wait.until >= now + 505ms);
    now = wait.until;
    as<fleet_miss::begin>(miss.timed_out(now));
    wait = as<fleet_miss::wait>(says(later(30s)));
    CHECK(wait.until == start + 1ms + 2s);
    now = wait.until;
    as<fleet_miss::begin>(miss.timed_out(now));
    CHECK(as<fleet_miss::refuse>(says(later(28s))).pause == 28s);
}

TEST_CASE("a new token does not wait for the budget") {
    fleet_miss fresh(lane::unknown, {}, start, 1);
    CHECK(as<fleet_miss::refuse>(fresh.turned(later(3s), true, start, start)).pause == 3s);
}
