#include <gate/net/arrival_slots.hpp>

#include <array>
#include <catch.hpp>
#include <vector>

using namespace gate;
using net::arrival_slots;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t most = 4;

struct fixture {
    arrival_slots subject{most, 10s};
    core::time_point now{};
    std::array<arrival_slots::slot, 8> all;

    // The first so many come, a millisecond apart.
    void come(std::size_t count) {
        for (std::size_t i = 0; i < count; ++i) CHECK(subject.enter(all.at(i), now += 1ms) == nullptr);
    }
    ~fixture() {
        for (auto& each : all) subject.leave(each);
    }
};

}  // namespace

TEST_CASE_METHOD(fixture, "the oldest that has said nothing goes for a newcomer") {
    come(most);
    subject.note_hello(all[0]);
    subject.note_hello(all[2]);
    CHECK(subject.enter(all[4], now) == &all[1]);
    CHECK(subject.enter(all[5], now) == &all[3]);
    CHECK(subject.size() == most);
}

TEST_CASE_METHOD(fixture, "the oldest goes where each has said hello") {
    come(most);
    for (const auto i : {3U, 0U, 2U, 1U}) subject.note_hello(all[i]);
    CHECK(subject.enter(all[4], now) == &all[0]);
    CHECK(subject.enter(all[5], now) == &all[4]);  // the newcomer before it, which is silent
}

TEST_CASE_METHOD(fixture, "those of which it is said go, the oldest first, unless they have said hello") {
    come(most);
    subject.note_hello(all[0]);
    const auto is_first_or_third = [&](const arrival_slots::slot& one) {
        return &one == &all[0] || &one == &all[2];
    };
    CHECK(subject.take_silent(is_first_or_third) == &all[2]);
    CHECK(subject.take_silent(is_first_or_third) == nullptr);
    CHECK(subject.take_silent([](const arrival_slots::slot&) { return true; }) == &all[1]);
    CHECK(subject.size() == most - 2);
}

TEST_CASE_METHOD(fixture, "each has its patience where there is room, and less where there is little") {
    CHECK(subject.due() == core::never);
    come(2);  // half of the places
    const auto first = all[0].since();
    CHECK(subject.due() == first + 10s);
    subject.enter(all[2], now);
    CHECK(subject.due() == first + arrival_slots::crowded_patience);
    subject.leave(all[1]);
    CHECK(subject.due() == first + 10s);
}

TEST_CASE("a crowd never lengthens a patience that is shorter") {
    arrival_slots subject(1, 100ms);
    arrival_slots::slot one;
    subject.enter(one, core::time_point(1s));
    CHECK(subject.due() == core::time_point(1s) + 100ms);
    subject.leave(one);
}

TEST_CASE_METHOD(fixture, "those that have had their time are taken in their order") {
    come(most);
    subject.note_hello(all[0]);
    const auto end = all[1].since() + arrival_slots::crowded_patience;
    CHECK(subject.take_overdue(all[0].since()) == nullptr);
    CHECK(subject.take_overdue(end) == &all[0]);
    CHECK(subject.take_overdue(end) == &all[1]);
    CHECK(subject.take_overdue(end) == nullptr);  // two are no crowd
    CHECK(subject.size() == 2);
}

TEST_CASE_METHOD(fixture, "what has left makes no difference any more") {
    come(1);
    subject.leave(all[0]);
    subject.leave(all[0]);
    subject.note_hello(all[0]);
    CHECK(subject.size() == 0);
    CHECK(subject.take_oldest() == nullptr);
}
