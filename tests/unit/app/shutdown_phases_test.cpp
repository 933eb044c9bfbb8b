#include <gate/app/shutdown_phases.hpp>

#include <catch.hpp>
#include <vector>

using namespace gate;
using namespace std::chrono_literals;
using app::shutdown_phases;
using ending = shutdown_phases::ending;

namespace {

constexpr core::time_point start{};
constexpr config::shutdown_options times{.delay = 2s, .grace = 10s};

bool is_nothing(const shutdown_phases::tasks& all) {
    return !all.announces && !all.shuts_down && !all.drains && !all.cuts && all.ends == ending::none;
}

// As far as the grace period.
shutdown_phases finishing() {
    shutdown_phases phases;
    (void)phases.terminate(start, times);
    (void)phases.look(start + 2s, false, times);
    return phases;
}

}  // namespace

TEST_CASE("a drain is announced once, and nothing follows by itself") {
    shutdown_phases phases;
    const auto first = phases.announce();
    CHECK(first.announces);
    CHECK_FALSE(first.shuts_down);
    CHECK(first.look_at == core::never);
    CHECK(is_nothing(phases.announce()));
    CHECK(is_nothing(phases.look(start + 1h, true, times)));
    const auto then = phases.terminate(start, times);
    CHECK_FALSE(then.announces);
    CHECK(then.shuts_down);
}

TEST_CASE("a signal to end announces, and the delay passes before connections are drained") {
    shutdown_phases phases;
    const auto first = phases.terminate(start, times);
    CHECK(first.announces);
    CHECK(first.shuts_down);
    CHECK_FALSE(first.drains);
    CHECK(first.look_at == start + 2s);
    const auto early = phases.look(start + 1s, true, times);
    CHECK(is_nothing(early));
    CHECK(early.look_at == start + 2s);
    const auto then = phases.look(start + 2s, true, times);
    CHECK(then.drains);
    CHECK(then.look_at == start + 2s + shutdown_phases::look_interval);
    CHECK(phases.exit_code() == 0);
}

TEST_CASE("what runs may finish, and then the process ends in order") {
    auto phases = finishing();
    CHECK(is_nothing(phases.look(start + 11s, false, times)));
    CHECK(phases.look(start + 11s, true, times).ends == ending::orderly);
    CHECK(phases.exit_code() == 0);
}

TEST_CASE("rule 26: what outlives the grace period is cut, and is given time to unwind") {
    auto phases = finishing();
    CHECK_FALSE(phases.look(start + 12s - 1ms, false, times).cuts);
    CHECK(phases.look(start + 12s, false, times).cuts);
    const auto waits = phases.look(start + 12s + shutdown_phases::time_to_unwind - 1ms, false, times);
    CHECK(is_nothing(waits));
    CHECK(waits.look_at != core::never);
    SECTION("it ends when nothing runs any more") {
        CHECK(phases.look(start + 13s, true, times).ends == ending::orderly);
    }
    SECTION("it ends in any case") {
        CHECK(phases.look(start + 13s, false, times).ends == ending::without_waiting);
    }
    CHECK(phases.exit_code() == 0);
}

TEST_CASE("rule 26: a second signal cuts what runs before the process ends") {
    const bool in_delay = GENERATE(true, false);
    INFO("in the delay: " << in_delay);
    shutdown_phases phases;
    (void)phases.terminate(start, times);
    if (!in_delay) (void)phases.look(start + 2s, false, times);
    const auto second = phases.terminate(start + 3s, times);
    CHECK(second.cuts);
    CHECK(second.ends == ending::none);
    CHECK(second.look_at == start + 3s + shutdown_phases::look_interval);
    CHECK(phases.exit_code() == 1);
    CHECK(phases.look(start + 4s, false, times).ends == ending::without_waiting);
}

TEST_CASE("a third signal waits for nothing") {
    shutdown_phases phases;
    (void)phases.terminate(start, times);
    (void)phases.terminate(start, times);
    CHECK(phases.terminate(start, times).ends == ending::without_waiting);
    CHECK(phases.exit_code() == 1);
}

TEST_CASE("a signal after the cut of the grace period waits for nothing, and says that it was not in order") {
    auto phases = finishing();
    REQUIRE(phases.look(start + 12s, false, times).cuts);
    CHECK(phases.terminate(start + 12s, times).ends == ending::without_waiting);
    CHECK(phases.exit_code() == 1);
}

TEST_CASE("without delay and grace, each step follows the other") {
    constexpr config::shutdown_options none{.delay = 0s, .grace = 0s};
    shutdown_phases phases;
    CHECK(phases.terminate(start, none).look_at == start);
    CHECK(phases.look(start, false, none).drains);
    CHECK(phases.look(start, false, none).cuts);
}

TEST_CASE("the grace period is that of the configuration of when it begins") {
    shutdown_phases phases;
    (void)phases.terminate(start, times);
    CHECK(phases.look(start + 2s, false, {.delay = 0s, .grace = 1s}).drains);
    CHECK(phases.look(start + 3s, false, times).cuts);
}

namespace {

// What happens in every order of up to `left` events, each a second after the other.
void in_every_order(const shutdown_phases& before, core::time_point now, int left, bool was_drained,
                    bool was_cut) {
    if (left == 0) return;
    for (int event = 0; event < 4; ++event) {
        auto phases = before;
        const auto todo = event == 0   ? phases.announce()
                          : event == 1 ? phases.terminate(now, {.delay = 1s, .grace = 2s})
                                       : phases.look(now, event == 2, {.delay = 1s, .grace = 2s});
        const bool cut = was_cut || todo.cuts;
        CHECK_FALSE((todo.drains && (was_drained || was_cut)));
        CHECK_FALSE((todo.cuts && was_cut));
        // Rule 26: nothing that runs is left to the kernel.
        CHECK((todo.ends != ending::without_waiting || cut));
        CHECK((todo.ends != ending::orderly || event == 2));
        if (todo.ends == ending::none)
            in_every_order(phases, now + 1s, left - 1, was_drained || todo.drains, cut);
    }
}

// Looked at whenever it asks for it.
bool ends_by_itself(shutdown_phases phases, core::time_point now) {
    for (int looks = 0; looks < 1000; ++looks) {
        const auto todo = phases.look(now, false, times);
        if (todo.ends != ending::none) return true;
        if (todo.look_at == core::never) return false;
        now = todo.look_at;
    }
    return false;
}

}  // namespace

TEST_CASE("in every order of events each step is taken once, and nothing that runs is left uncut") {
    in_every_order({}, start, 7, false, false);
}

TEST_CASE("once a signal to end has come, the process ends although what runs never does") {
    for (int signals = 1; signals <= 2; ++signals) {
        shutdown_phases phases;
        for (int i = 0; i < signals; ++i) (void)phases.terminate(start, times);
        CHECK(ends_by_itself(phases, start));
    }
}
