#include <gate/auth/fleet_budget.hpp>

#include <catch.hpp>

using namespace gate::auth;
using namespace std::chrono_literals;
using gate::core::time_point;

namespace {

const time_point start{1000s};
constexpr store_time there{std::chrono::seconds(1'800'000'000)};

struct fixture {
    fleet_budget budget{{.limit = 600, .window = 60s, .unknown = 240}};

    void hear(int calls, time_point now = start, call_end how = call_end::accepted) {
        for (int i = 0; i < calls; ++i) hear_of(there + (next_++) * 1ms, how, now);
    }
    void hear_of(store_time asked, call_end how, time_point now = start) {
        budget.heard({}, asked, how, now);
    }

private:
    int next_ = 0;
};

}  // namespace

TEST_CASE_METHOD(fixture, "the fleet may spend what is configured until Gate says otherwise") {
    CHECK(budget.now_is(start).budget == 600);
    CHECK(budget.now_is(start).budget_for_waste == 240);
    CHECK(budget.now_is(start).window == 60s);
    budget.told({300, 300, start}, start);
    CHECK(budget.now_is(start).budget == 300);
    CHECK(budget.now_is(start).budget_for_waste == 120);
}

TEST_CASE_METHOD(
    fixture,
    "fleet: what others have spent is kept for a window, what the fleet has is counted by the store") {
    hear(100);
    budget.told({600, 400, start}, start);  // 200 spent: 100 by others
    CHECK(budget.now_is(start + 59s).budget == 500);
    CHECK(budget.now_is(start + 60s).budget == 600);
}

TEST_CASE_METHOD(fixture, "of two figures the one that was asked later counts, whichever comes last") {
    budget.told({600, 100, start + 2s}, start + 2s);
    budget.told({600, 599, start + 1s}, start + 3s);
    CHECK(budget.now_is(start + 3s).budget == 100);
    budget.told({600, 590, start - 60s}, start + 3s);
    CHECK(budget.now_is(start + 3s).budget == 100);
}

TEST_CASE_METHOD(fixture, "a call that is heard of twice counts once") {
    for (int i = 0; i < 1000; ++i) hear_of(there, call_end::accepted);
    CHECK_FALSE(budget.confirms_calls(start));
    hear(300);
    CHECK(budget.confirms_calls(start));
}

TEST_CASE_METHOD(fixture, "fleet [6]: filled counters of the store are not believed before half is gone") {
    CHECK_FALSE(budget.confirms_calls(start));
    CHECK_FALSE(budget.confirms_waste(start));
    hear(299);
    CHECK_FALSE(budget.confirms_calls(start));
    hear(1);
    CHECK(budget.confirms_calls(start));
    CHECK_FALSE(budget.confirms_calls(start + 70s));
}

TEST_CASE_METHOD(fixture, "fleet: Gate's figure of the last 10 s comes before the calls of the log") {
    hear(500);
    budget.told({600, 400, start}, start);
    CHECK_FALSE(budget.confirms_calls(start + 10s));
    CHECK(budget.confirms_calls(start + 11s));
    budget.told({600, 300, start + 1s}, start + 1s);
    CHECK(budget.confirms_calls(start + 2s));
}

TEST_CASE_METHOD(fixture, "fleet: waste is confirmed by the log alone") {
    budget.told({600, 0, start}, start);
    CHECK_FALSE(budget.confirms_waste(start));
    hear(120, start, call_end::refused);
    CHECK_FALSE(fleet_budget({.limit = 600, .window = 60s, .unknown = 240}).confirms_waste(start));
    CHECK(budget.confirms_waste(start));
}

TEST_CASE_METHOD(fixture,
                 "fleet: calls that failed while others were answered are waste, an outage of Gate is not") {
    const auto fail = [this](store_time first) {
        for (int i = 0; i < 120; ++i) hear_of(first + i * 1us, call_end::failed);
    };
    SECTION("nothing is answered") {
        fail(there);
        CHECK_FALSE(budget.confirms_waste(start));
    }
    SECTION("the last answer is of before the outage") {
        hear_of(there, call_end::accepted);
        fail(there + 3s);
        CHECK_FALSE(budget.confirms_waste(start));
    }
    SECTION("another token was accepted") {
        hear_of(there, call_end::accepted);
        fail(there + 1s);
        CHECK(budget.confirms_waste(start));
    }
    SECTION("another token was refused") {
        hear_of(there, call_end::refused);
        fail(there + 1s);
        CHECK(budget.confirms_waste(start));
    }
    SECTION("another token was accepted while the calls were under way") {
        hear_of(there + 4s, call_end::accepted);
        fail(there);
        CHECK(budget.confirms_waste(start));
    }
}
