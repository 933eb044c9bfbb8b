#include <gate/net/deadline_wheel.hpp>

#include <catch.hpp>
#include <loop.hpp>
#include <memory>
#include <vector>

using namespace gate;
using namespace std::chrono_literals;
using net::deadline;
using net::deadline_wheel;

namespace {

struct counted {
    int fired = 0;
    deadline item;

    explicit counted(deadline_wheel& wheel)
        : item(
              wheel, [](void* self) { ++static_cast<counted*>(self)->fired; }, this) {}
};

}  // namespace

TEST_CASE("a deadline fires once, not before its time and at most a tick after it") {
    test::loop on;
    counted one(on.wheel);
    const auto start = core::clock::now();
    one.item.set(start + 1s);
    on.wheel.advance(start + 999ms);
    CHECK(one.fired == 0);
    on.wheel.advance(start + 1s + deadline_wheel::tick);
    CHECK(one.fired == 1);
    on.wheel.advance(start + 100s);
    CHECK(one.fired == 1);
    CHECK(on.wheel.size() == 0);
}

TEST_CASE("a deadline that was moved later fires at the later time") {
    test::loop on;
    counted one(on.wheel);
    const auto start = core::clock::now();
    one.item.set(start + 1s);
    one.item.set(start + 3s);
    on.wheel.advance(start + 2s);
    CHECK(one.fired == 0);
    on.wheel.advance(start + 3s + deadline_wheel::tick);
    CHECK(one.fired == 1);
}

TEST_CASE("a deadline that was moved earlier fires at the earlier time") {
    test::loop on;
    counted one(on.wheel);
    const auto start = core::clock::now();
    one.item.set(start + 30s);
    one.item.set(start + 1s);
    on.wheel.advance(start + 1s + deadline_wheel::tick);
    CHECK(one.fired == 1);
}

TEST_CASE("a deadline beyond the horizon of the wheel fires at its time") {
    test::loop on;
    counted one(on.wheel);
    const auto start = core::clock::now();
    one.item.set(start + 300s);
    for (auto now = start; now < start + 300s; now += 1s) on.wheel.advance(now);
    CHECK(one.fired == 0);
    on.wheel.advance(start + 300s + deadline_wheel::tick);
    CHECK(one.fired == 1);
}

TEST_CASE("a cleared or destroyed deadline does not fire") {
    test::loop on;
    counted cleared(on.wheel);
    auto destroyed = std::make_unique<counted>(on.wheel);
    const auto start = core::clock::now();
    cleared.item.set(start + 1s);
    destroyed->item.set(start + 1s);
    cleared.item.clear();
    destroyed.reset();
    on.wheel.advance(start + 5s);
    CHECK(cleared.fired == 0);
    CHECK(on.wheel.size() == 0);
}

TEST_CASE("what fires may set itself again, and destroy its neighbours in the same slot") {
    test::loop on;
    struct killer {
        std::unique_ptr<counted> victim;
        int fired = 0;
        deadline item;
        core::time_point again;
        explicit killer(deadline_wheel& wheel)
            : item(
                  wheel,
                  [](void* self) {
                      auto* it = static_cast<killer*>(self);
                      ++it->fired;
                      it->victim.reset();
                      it->item.set(std::exchange(it->again, core::never));
                  },
                  this) {}
    };
    killer first(on.wheel);
    first.victim = std::make_unique<counted>(on.wheel);
    const auto start = core::clock::now();
    first.again = start + 10s;
    first.item.set(start + 1s);
    first.victim->item.set(start + 1s);
    on.wheel.advance(start + 2s);
    CHECK(first.fired == 1);
    CHECK_FALSE(first.victim);
    on.wheel.advance(start + 11s);
    CHECK(first.fired == 2);
    first.item.clear();
    on.wheel.advance(start + 60s);
}

TEST_CASE("the wheel's own timer drives it, and stops when nothing is left") {
    test::loop on;
    counted one(on.wheel);
    one.item.set(core::clock::now() + 20ms);
    on.run_until([&] { return one.fired == 1; });
    on.context.restart();
    on.context.run();  // ends: no timer is armed any more
    CHECK(on.wheel.size() == 0);
}
