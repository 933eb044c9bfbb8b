#include <gate/app/page_state.hpp>

#include <rapidjson/document.h>

#include <catch.hpp>
#include <limits>
#include <string>

using namespace gate;
using namespace gate::app;

namespace {

struct odd_numbers {
    void collect(telemetry::metrics_snapshot& into) const {
        into.gauge("process_extra", "").add({}, 1.0);
        into.gauge("gate_fleet_lag_seconds", "").add({}, std::numeric_limits<double>::infinity());
        into.gauge("gate_blocked_accounts", "").add({{"source", "</script>\xFF"}}, 1.5);
    }
};

struct fixture {
    rapidjson::Document described(bool has_token = false) {
        rapidjson::Document out;
        out.Parse(page.describe(has_token).c_str());
        REQUIRE_FALSE(out.HasParseError());
        return out;
    }

    telemetry::metrics metrics{1};
    health state;
    page_state page{metrics, state};
};

}  // namespace

TEST_CASE_METHOD(fixture, "before the first look there are no numbers") {
    const auto empty = described();
    CHECK(empty["metrics"].ObjectEmpty());
    CHECK(empty["points"].Empty());
    CHECK(empty["ready"].GetBool());
    CHECK(empty["lanes"].Size() == 3);
}

TEST_CASE_METHOD(fixture, "the state has what the page shows, and nothing else") {
    const odd_numbers odd;
    metrics.add(odd);
    CHECK(page.look() >= std::chrono::seconds(1));
    const auto now = described(true);
    CHECK(now["has_token"].GetBool());
    CHECK(now["metrics"].HasMember("build_info"));
    CHECK_FALSE(now["metrics"].HasMember("process_extra"));
    CHECK_FALSE(now["metrics"].HasMember("http_server_request_duration_seconds"));
    CHECK(now["metrics"]["gate_fleet_lag_seconds"][0]["value"].IsNull());
    CHECK(now["metrics"]["gate_blocked_accounts"][0]["value"].GetDouble() == 1.5);
    CHECK(std::string(now["metrics"]["gate_blocked_accounts"][0]["source"].GetString()) ==
          "</script>\xEF\xBF\xBD");
}

TEST_CASE_METHOD(fixture, "draining is told immediately, and that something is wrong, not what") {
    CHECK(std::string(described()["detail"].GetString()).empty());
    state.trouble = [] { return std::string("the words of a file"); };
    state.draining = true;
    CHECK_FALSE(described()["ready"].GetBool());
    CHECK(std::string(described()["detail"].GetString()) ==
          "Something needs attention: /readyz and the log say what.");
}

TEST_CASE_METHOD(fixture, "each look is a point, and reasons are counted with what they mean") {
    page.look();
    metrics.worker(0).count_decision(core::reason::token_missing);
    page.look();
    const auto now = described();
    CHECK(now["points"].Size() == 1);
    CHECK(now["points"][0].Size() == now["columns"].Size());
    REQUIRE(now["reasons"].Size() == 1);
    CHECK(std::string(now["reasons"][0]["reason"].GetString()) == "token_missing");
    CHECK(std::string(now["reasons"][0]["verdict"].GetString()) == "deny");
    CHECK(now["reasons"][0]["count"].GetInt() == 1);
    rapidjson::Document all;
    all.Parse(page.history().c_str());
    CHECK(all["points"] == now["points"]);
}
