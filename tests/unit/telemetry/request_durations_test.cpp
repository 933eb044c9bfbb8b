#include <gate/telemetry/request_durations.hpp>

#include <algorithm>
#include <catch.hpp>
#include <cstdint>
#include <limits>
#include <memory>

using namespace gate::telemetry;
using namespace std::chrono_literals;

namespace {

std::map<request_durations::key, histogram_totals> totals_of(const request_durations& durations) {
    std::map<request_durations::key, traced_totals> found;
    durations.add_to(found);
    std::map<request_durations::key, histogram_totals> totals;
    for (const auto& [of, sum] : found) totals[of] = sum.times;
    return totals;
}

template <const bucket_scale& Scale>
void check_buckets() {
    for (std::size_t i = 0; i < Scale.size(); ++i) {
        const auto bound = Scale[i].limit;
        basic_histogram<Scale> at;
        CHECK(at.observe(bound) == i);
        CHECK(at.read().buckets[i] == 1);
        CHECK(at.read().scale == &Scale);
        basic_histogram<Scale> above;
        CHECK(above.observe(bound + 1ns) == i + 1);
        CHECK(above.read().buckets[i + 1] == 1);
        CHECK(above.read().nanoseconds == static_cast<std::uint64_t>(bound.count()) + 1);
        CHECK(std::stod(std::string(Scale[i].text)) == Approx(std::chrono::duration<double>(bound).count()));
        CHECK((i == 0 || Scale[i - 1].limit < bound));
    }
    for (std::int64_t power = 1; power > 0;
         power = power > std::numeric_limits<std::int64_t>::max() / 2 ? 0 : power * 2) {
        for (const auto each : {power - 1, power, power + 1}) {
            const std::chrono::nanoseconds time(each);
            const auto* const first =
                std::ranges::find_if(Scale, [&](const auto& bound) { return time <= bound.limit; });
            CHECK(basic_histogram<Scale>().observe(time) == static_cast<std::size_t>(first - Scale.begin()));
        }
    }
    basic_histogram<Scale> negative;
    negative.observe(-1s);
    CHECK(negative.read().buckets[0] == 1);
    CHECK(negative.read().nanoseconds == 0);
}

}  // namespace

TEST_CASE("a duration falls into the first bucket whose bound is not below it") {
    check_buckets<bucket_bounds>();
    check_buckets<overhead_bounds>();
    check_buckets<age_bounds>();
}

TEST_CASE("requests are kept apart by method and status code") {
    const auto durations = std::make_unique<request_durations>();
    durations->observe(method::get, 200, 1ms);
    durations->observe(method::get, 200, 2ms);
    durations->observe(method::get, 204, 1ms);
    durations->observe(method::post, 200, 1ms);
    const auto totals = totals_of(*durations);
    CHECK(totals.size() == 3);
    CHECK(totals.at({method::get, 200}).count() == 2);
    CHECK(totals.at({method::get, 200}).nanoseconds == 3'000'000);
    CHECK(totals.at({method::get, 204}).count() == 1);
    CHECK(totals.at({method::post, 200}).count() == 1);
}

TEST_CASE("more pairs than there is room for share the overflow, and none is lost") {
    const auto durations = std::make_unique<request_durations>();
    std::uint64_t observed = 0;
    for (int round = 0; round < 2; ++round) {
        for (unsigned status = 100; status <= 599; ++status, ++observed)
            durations->observe(method::get, status, 1ms);
    }
    const auto totals = totals_of(*durations);
    CHECK(totals.size() == request_durations::slots);
    std::uint64_t sum = 0;
    for (const auto& [key, total] : totals) sum += total.count();
    CHECK(sum == observed);
    CHECK(totals.at({method::other, 0}).count() == observed - 2 * (request_durations::slots - 1));
}

TEST_CASE("a table may be told to keep fewer pairs apart") {
    request_durations durations(3);
    for (const unsigned status : {200u, 404u, 500u, 200u, 404u, 501u})
        durations.observe(method::get, status, 1ms);
    const auto totals = totals_of(durations);
    CHECK(totals.size() == 3);
    CHECK(totals.at({method::get, 200}).count() == 2);
    CHECK(totals.at({method::get, 404}).count() == 2);
    CHECK(totals.at({method::other, 0}).count() == 2);
}

TEST_CASE("each pair of method and status finds its own histogram") {
    for (unsigned first = 100; first <= 600 - 127; ++first) {
        request_durations durations;
        for (unsigned i = 0; i < 127; ++i)
            durations.observe(static_cast<method>(i % method_names.size()), first + i, 1ms);
        const auto totals = totals_of(durations);
        REQUIRE(totals.size() == 127);
        for (const auto& [key, total] : totals) REQUIRE(total.count() == 1);
    }
}

TEST_CASE("a status that is none goes to the overflow") {
    const auto durations = std::make_unique<request_durations>();
    for (const unsigned status : {0u, 99u, 600u, 4'000'000'000u})
        durations->observe(method::get, status, 1ms);
    CHECK(totals_of(*durations).at({method::other, 0}).count() == 4);
}

TEST_CASE("methods are known by their exact names") {
    for (std::size_t i = 0; i + 1 < method_names.size(); ++i) {
        CHECK(method_of(method_names[i]) == static_cast<method>(i));
    }
    for (const auto* name : {"", "get", "GETS", "GE", "PROPFIND", "PATCHY", "P", "_OTHER"}) {
        INFO(name);
        CHECK(method_of(name) == method::other);
    }
}
