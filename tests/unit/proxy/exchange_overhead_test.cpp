// gate_overhead_seconds and gate_token_age_seconds: which requests count, and by what.
#include "exchange_fixture.hpp"

#include <catch.hpp>

using namespace gate;
using namespace std::chrono_literals;
using core::reason;
using test::exchange_fixture;

namespace {

constexpr auto ok_of_two = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n";
constexpr auto with_token = "GET / HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer agt_a\r\n\r\n";
constexpr core::time_point begin{1000s};

std::uint64_t counted(const exchange_fixture& f) {
    return f.where.metrics.overhead.read().count();
}

}  // namespace

TEST_CASE("the overhead of a request is how long its heads were here") {
    const proxy::exchange_record record{.started = begin,
                                        .ended = begin + 100s,
                                        .head_came = begin + 10s,
                                        .request_sent = begin + 11s,
                                        .response_came = begin + 50s,
                                        .response_sent = begin + 52s};
    REQUIRE(record.overhead());
    CHECK(*record.overhead() == 3s);
}

TEST_CASE("a request that was answered here has no overhead") {
    proxy::exchange_record record{.started = begin, .ended = begin + 1s, .head_came = begin};
    CHECK_FALSE(record.overhead());
    record.request_sent = begin + 1ms;  // and the upstream has failed
    CHECK_FALSE(record.overhead());
    record.response_came = begin + 2ms;  // or its answer was not passed on
    CHECK_FALSE(record.overhead());
}

TEST_CASE("a request that the upstream answers is counted when it ends") {
    exchange_fixture f;
    f.start();
    f.upstream.fresh.answer(ok_of_two);
    CHECK(counted(f) == 0);
    f.upstream.fresh.in.put("ok", true);
    REQUIRE(f.has_ended);
    CHECK(counted(f) == 1);
}

TEST_CASE("a response without a body counts, and so does one that is cut") {
    exchange_fixture f;
    f.start();
    SECTION("no body") {
        f.upstream.fresh.answer("HTTP/1.1 204 No Content\r\n\r\n");
    }
    SECTION("cut") {
        f.upstream.fresh.answer(ok_of_two);
        f.upstream.fresh.cancel();
        f.settle();
    }
    REQUIRE(f.has_ended);
    CHECK(counted(f) == 1);
}

TEST_CASE("a request that is sent again counts once") {
    exchange_fixture f;
    f.upstream.has_idle = true;
    f.start();
    f.upstream.idle.place.fail(reason::upstream_reset);
    f.upstream.fresh.answer("HTTP/1.1 204 No Content\r\n\r\n");
    REQUIRE(f.has_ended);
    CHECK(f.client.status == 204);
    CHECK(counted(f) == 1);
}

TEST_CASE("what is answered here counts for nothing") {
    SECTION("refused") {
        exchange_fixture f("GET / HTTP/1.1\r\nHost: a\r\n\r\n", config::auth_mode::required);
        f.start();
        CHECK(f.client.status == 401);
        CHECK(counted(f) == 0);
    }
    SECTION("the upstream cannot be reached") {
        exchange_fixture f;
        f.upstream.refusal = reason::upstream_refused;
        f.start();
        CHECK(f.client.status == 502);
        CHECK(counted(f) == 0);
    }
    SECTION("the upstream fails without an answer") {
        exchange_fixture f;
        f.start();
        f.upstream.fresh.fail(reason::upstream_bad_response, true);
        CHECK(f.client.status == 502);
        CHECK(counted(f) == 0);
    }
}

TEST_CASE("the age of the answer that let a request pass is counted") {
    exchange_fixture f(with_token, config::auth_mode::required);
    f.world.accept("agt_a");
    f.start();
    CHECK(f.where.metrics.token_age.read().count() == 1);
    f.upstream.fresh.answer("HTTP/1.1 204 No Content\r\n\r\n");
    CHECK(f.where.metrics.token_age.read().count() == 1);
}

TEST_CASE("a request that no answer decided about has no age") {
    exchange_fixture f;  // without a token, on a route that needs none
    f.start();
    f.upstream.fresh.answer("HTTP/1.1 204 No Content\r\n\r\n");
    CHECK(f.client.status == 204);
    CHECK(f.where.metrics.token_age.read().count() == 0);
}

TEST_CASE("a request whose trace is sampled may be shown as an exemplar") {
    const auto [flags, shown] = GENERATE(table<std::string, bool>({{"01", true}, {"00", false}}));
    const std::string id = "4bf92f3577b34da6a3ce929d0e0e4736";
    exchange_fixture f("GET / HTTP/1.1\r\nHost: a\r\ntraceparent: 00-" + id + "-00f067aa0ba902b7-" + flags +
                       "\r\n\r\n");
    f.start();
    f.upstream.fresh.answer("HTTP/1.1 204 No Content\r\n\r\n");
    REQUIRE(f.has_ended);
    std::map<telemetry::request_durations::key, telemetry::traced_totals> all;
    f.where.metrics.routes.at(0).at(telemetry::unnamed).requests.add_to(all);
    const auto& sum = all.at({telemetry::method::get, 204});
    CHECK(sum.times.count() == 1);
    CHECK((sum.exemplars != nullptr) == shown);
    if (!sum.exemplars) return;
    for (const auto& each : *sum.exemplars)
        if (each) CHECK(std::string(each->trace_id.data(), each->trace_id.size()) == id);
}
