#include <gate/telemetry/request_durations.hpp>

#include <atomic>
#include <catch.hpp>
#include <string>
#include <thread>

using namespace gate;
using namespace gate::telemetry;
using namespace std::chrono_literals;

namespace {

constexpr core::time_point epoch{1000s};

std::string id_of(char digit) {
    return std::string(32, digit);
}

std::string id_of(const exemplar& one) {
    return {one.trace_id.data(), one.trace_id.size()};
}

traced_totals totals_of(const traced_histogram& times) {
    traced_totals sum;
    times.add_to(sum);
    return sum;
}

}  // namespace

TEST_CASE("a bucket shows the last sampled request that it counts") {
    traced_histogram times;
    const auto first = id_of('a');
    const auto second = id_of('b');
    times.observe(700us, {first, epoch});
    times.observe(800us, {second, epoch + exemplar_pause});
    const auto sum = totals_of(times);
    CHECK(sum.times.buckets[1] == 2);
    REQUIRE(sum.exemplars);
    const auto& shown = sum.exemplars->at(1);
    REQUIRE(shown);
    CHECK(id_of(*shown) == second);
    CHECK(shown->value == 800us);
    CHECK(shown->at == epoch + exemplar_pause);
}

TEST_CASE("requests without a sampled trace are counted, and shown by no exemplar") {
    traced_histogram times;
    times.observe(700us);
    CHECK(totals_of(times).times.count() == 1);
    CHECK(!totals_of(times).exemplars);
}

TEST_CASE("each bucket has an exemplar of its own") {
    traced_histogram times;
    const auto fast = id_of('a');
    const auto slow = id_of('b');
    times.observe(1us, {fast, epoch});
    times.observe(61s, {slow, epoch});
    const auto sum = totals_of(times);
    REQUIRE(sum.exemplars);
    std::size_t count = 0;
    for (const auto& each : *sum.exemplars) count += each ? 1 : 0;
    CHECK(count == 2);
    CHECK(id_of(*sum.exemplars->front()) == fast);
    CHECK(id_of(*sum.exemplars->back()) == slow);
}

TEST_CASE("an exemplar stays for a while, however many requests come") {
    traced_histogram times;
    const auto first = id_of('a');
    const auto second = id_of('b');
    times.observe(1ms, {first, epoch});
    times.observe(1ms, {second, epoch + exemplar_pause - 1ns});
    CHECK(id_of(*totals_of(times).exemplars->at(1)) == first);
}

TEST_CASE("of several workers the newest exemplar is shown") {
    const auto older = id_of('a');
    const auto newer = id_of('b');
    traced_histogram one;
    traced_histogram other;
    one.observe(1ms, {newer, epoch + 1ns});
    other.observe(1ms, {older, epoch});
    for (const bool one_first : {true, false}) {
        traced_totals sum;
        (one_first ? one : other).add_to(sum);
        (one_first ? other : one).add_to(sum);
        CHECK(sum.times.count() == 2);
        CHECK(id_of(*sum.exemplars->at(1)) == newer);
    }
}

TEST_CASE("each pair of method and status has exemplars of its own") {
    request_durations durations;
    const auto good = id_of('a');
    const auto bad = id_of('b');
    durations.observe(method::get, 200, 1ms, {good, epoch});
    durations.observe(method::get, 502, 1ms, {bad, epoch});
    durations.observe(method::get, 99, 1ms, {bad, epoch});
    std::map<request_durations::key, traced_totals> totals;
    durations.add_to(totals);
    CHECK(id_of(*totals.at({method::get, 200}).exemplars->at(1)) == good);
    CHECK(id_of(*totals.at({method::get, 502}).exemplars->at(1)) == bad);
    CHECK(totals.at({method::other, 0}).times.count() == 1);
    CHECK(id_of(*totals.at({method::other, 0}).exemplars->at(1)) == bad);
}

// Under TSan: no field is read while it is written in any other way than as an atomic.
TEST_CASE("an exemplar is of one request while others take its place") {
    exemplar_slot slot;
    std::atomic<bool> works{true};
    std::thread worker([&] {
        for (int i = 0; i < 200'000; ++i) {
            exemplar one{
                {}, std::chrono::nanoseconds(i % 10), core::time_point(std::chrono::nanoseconds(i % 10))};
            one.trace_id.fill(static_cast<char>('0' + i % 10));
            slot.put(one);
        }
        works = false;
    });
    std::size_t seen = 0;
    while (works || seen == 0) {
        const auto one = slot.read();
        if (!one) continue;
        ++seen;
        const auto digit = static_cast<char>('0' + one->value.count());
        REQUIRE(id_of(*one) == id_of(digit));
        REQUIRE(one->at.time_since_epoch() == one->value);
    }
    worker.join();
}
