#include <gate/client/answer_times.hpp>

#include <catch.hpp>

using namespace gate;
using namespace std::chrono_literals;

namespace {

const core::time_point start = core::time_point{} + 24h;

}  // namespace

TEST_CASE("rule 30: the rest after an early answer is as long as the slowest answer took") {
    client::answer_times times;
    CHECK(times.rest_after(start, start + 60ms) == start + 60ms);           // it was the slowest itself
    CHECK(times.rest_after(start + 1s, start + 1001ms) == start + 1060ms);  // as if it crossed its request
    CHECK(times.rest_after(start + 2s, start + 2070ms) == start + 2070ms);
}

TEST_CASE("rule 30: no connection rests for long, however slow the answers were") {
    client::answer_times times;
    times.rest_after(start, start + 5s);
    CHECK(times.rest_after(start + 6s, start + 6001ms) == start + 6001ms + client::longest_rest);
}

TEST_CASE("the slowest answer counts for this minute and the next one") {
    client::answer_times times;
    times.rest_after(start, start + 60ms);
    const auto rest = [&](core::time_point asked) { return times.rest_after(asked, asked + 1ms) - asked; };
    CHECK(rest(start + 59s) == 60ms);
    CHECK(rest(start + 61s) == 60ms);
    CHECK(rest(start + 119s) == 60ms);
    CHECK(rest(start + 122s) == 1ms);
}
