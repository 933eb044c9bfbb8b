#include <gate/app/page_history.hpp>

#include <catch.hpp>

using namespace gate;
using namespace gate::app;
using namespace std::chrono_literals;
using core::reason;

namespace {

telemetry::histogram_totals histogram(std::initializer_list<std::chrono::nanoseconds> durations) {
    telemetry::histogram out;
    for (const auto each : durations) out.observe(each);
    return out.read();
}

telemetry::histogram_totals overhead(std::initializer_list<std::chrono::nanoseconds> durations) {
    telemetry::basic_histogram<telemetry::overhead_bounds> out;
    for (const auto each : durations) out.observe(each);
    return out.read();
}

core::time_point steady(core::duration since) {
    return core::time_point{} + since;
}

core::wall_clock::time_point at(std::chrono::milliseconds since_1970) {
    return core::wall_clock::time_point(since_1970);
}

std::uint64_t& reason_in(page_totals& of, reason which) {
    return of.reasons.at(static_cast<std::size_t>(which));
}

}  // namespace

TEST_CASE("totals come out of the metrics, whatever labels they have besides") {
    telemetry::metrics_snapshot all;
    const auto quick = histogram({1ms});
    all.family(telemetry::metric_type::histogram, "http_server_request_duration_seconds", "")
        .add({{"http_response_status_code", "200"}, {"route", "a"}}, quick)
        .add({{"http_response_status_code", "304"}, {"route", "b"}}, quick)
        .add({{"http_response_status_code", "404"}}, quick)
        .add({{"http_response_status_code", "502"}}, quick);
    all.family(telemetry::metric_type::histogram, "http_client_request_duration_seconds", "")
        .add({{"peer", "upstream"}}, quick)
        .add({{"peer", "upstream"}, {"upstream", "reports"}}, quick)
        .add({{"peer", "gate"}}, quick);
    all.counter("gate_decisions_total", "")
        .add({{"verdict", "allow"}, {"reason", "token_verified"}}, std::uint64_t{5})
        .add({{"verdict", "allow"}, {"reason", "token_verified"}, {"route", "a"}}, std::uint64_t{2})
        .add({{"verdict", "deny"}, {"reason", "token_missing"}}, std::uint64_t{3})
        .add({{"verdict", "unavailable"}, {"reason", "gate_timeout"}}, std::uint64_t{1});
    all.counter("gate_request_failures_total", "").add({{"reason", "bad_host"}}, std::uint64_t{4});
    all.counter("gate_verify_calls_total", "").add({{"result", "a"}}, 2.0).add({{"result", "b"}}, 3.0);
    all.gauge("gate_budget_remaining", "").add({}, -1.0);
    all.gauge("http_server_active_requests", "").add({}, std::int64_t{6});
    auto totals = totals_of(all);
    CHECK(totals.succeeded == 2);
    CHECK(totals.client_errors == 1);
    CHECK(totals.server_errors == 1);
    CHECK(totals.requests.count() == 4);
    CHECK(totals.upstream.count() == 2);
    CHECK_FALSE(totals.overhead);
    CHECK(totals.allowed == 7);
    CHECK(totals.denied == 3);
    CHECK(totals.unavailable == 1);
    CHECK(reason_in(totals, reason::token_verified) == 7);
    CHECK(reason_in(totals, reason::bad_host) == 4);
    CHECK(totals.calls == 5);
    CHECK(totals.budget_left == -1);
    CHECK(totals.under_way == 6);
    all.family(telemetry::metric_type::histogram, "gate_overhead_seconds", "")
        .add({}, overhead({20us}))
        .add({{"listener", "b"}}, overhead({40us}));
    CHECK(totals_of(all).overhead == overhead({20us, 40us}));
}

TEST_CASE("a quantile lies within the bucket that has it") {
    CHECK(quantile({}, 0.5) == -1);
    CHECK(quantile(histogram({400us, 400us}), 0.5) == 250);
    CHECK(quantile(histogram({400us, 400us}), 1) == 500);
    CHECK(quantile(overhead({20us, 20us}), 1) == 25);
    CHECK(quantile(histogram({400us, 700us, 700us, 700us}), 0.5) == 666);
    CHECK(quantile(histogram({400us, 2h}), 0.99) == 60'000'000);
}

TEST_CASE("a point is what has happened since the one before") {
    page_history history;
    page_totals now;
    now.succeeded = 1000;
    now.requests = histogram({1h, 1h});
    history.take(now, at(5000ms), steady(5s));
    CHECK(history.points().empty());
    now.succeeded += 7;
    now.client_errors += 2;
    now.server_errors += 1;
    now.allowed += 8;
    now.denied += 2;
    now.unavailable += 3;
    now.calls += 4;
    now.budget_left = 590;
    now.under_way = 9;
    now.requests += histogram({4ms, 4ms});
    now.upstream += histogram({3ms, 3ms});
    history.take(now, at(6250ms), steady(6250ms));
    const auto points = history.points();
    REQUIRE(points.size() == 1);
    CHECK(points[0].at == 6250);
    CHECK(points[0].span == 1250);
    CHECK(points[0].succeeded == 7);
    CHECK(points[0].client_errors == 2);
    CHECK(points[0].server_errors == 1);
    CHECK(points[0].allowed == 8);
    CHECK(points[0].denied == 2);
    CHECK(points[0].unavailable == 3);
    CHECK(points[0].calls == 4);
    CHECK(points[0].budget_left == 590);
    CHECK(points[0].under_way == 9);
    CHECK(points[0].p50 == 3750);
    CHECK(points[0].p99 == 4975);
    CHECK(points[0].overhead_p50 == 1000);
    CHECK(points[0].overhead_p99 == -1);
    SECTION("the overhead is taken from where it is counted by itself") {
        now.overhead = overhead({40us, 40us});
        history.take(now, at(7250ms), steady(7250ms));
        CHECK(history.points().back().overhead_p50 == 37);
        CHECK(history.points().back().overhead_p99 == 49);
    }
    SECTION("nothing has happened") {
        history.take(now, at(7250ms), steady(7250ms));
        CHECK(history.points().back().succeeded == 0);
        CHECK(history.points().back().p50 == -1);
        CHECK(history.points().back().overhead_p50 == -1);
    }
    SECTION("a wall clock that is set back changes no span") {
        history.take(now, at(1000ms), steady(7250ms));
        CHECK(history.points().back().at == 1000);
        CHECK(history.points().back().span == 1000);
    }
}

TEST_CASE("the last 15 minutes are kept, and no more") {
    page_history history;
    page_totals now;
    for (int second = 0; second <= 2000; ++second) {
        now.succeeded += static_cast<std::uint64_t>(second);
        ++reason_in(now, reason::token_missing);
        if (second == 2) reason_in(now, reason::bad_host) += 5;
        history.take(now, at(std::chrono::seconds(1 + second)), steady(std::chrono::seconds(second)));
        if (second == 100) {
            CHECK(history.recent_reasons().at(static_cast<std::size_t>(reason::bad_host)) == 5);
            CHECK(history.recent_reasons().at(static_cast<std::size_t>(reason::token_missing)) == 100);
        }
    }
    const auto points = history.points();
    REQUIRE(points.size() == page_history::most_points);
    for (std::size_t i = 0; i < points.size(); ++i)
        CHECK(points[i].succeeded == 2000 - 899 + static_cast<std::int64_t>(i));
    REQUIRE(history.points(10).size() == 10);
    CHECK(history.points(10).front().succeeded == 1991);
    CHECK(history.points(10).back().succeeded == 2000);
    CHECK(history.recent_reasons().at(static_cast<std::size_t>(reason::bad_host)) == 0);
    const auto recent = history.recent_reasons().at(static_cast<std::size_t>(reason::token_missing));
    CHECK(recent <= 900);
    CHECK(recent > 900 - page_history::points_per_step);
}
