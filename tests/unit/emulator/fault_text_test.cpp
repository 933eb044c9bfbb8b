#include <gate/emulator/fault_text.hpp>

#include <catch.hpp>

using namespace std::chrono_literals;
using namespace gate::emulator;

namespace {

std::string complaint(std::string_view text) {
    const auto rule = parse_fault(text);
    return rule ? "" : rule.error().text;
}

parsed<std::vector<fault>> from_json(const char* text) {
    return parse_faults(*parse_json(text));
}

}  // namespace

TEST_CASE("a fault rule on the command line") {
    const auto rule = parse_fault("status=429,retry_after=7,count=2,path=verify,latency=50ms,jitter=5ms");
    REQUIRE(rule.has_value());
    CHECK(rule->action == fault_action::status);
    CHECK(rule->status == 429);
    CHECK(rule->retry_after == 7s);
    CHECK(rule->count == 2U);
    CHECK(rule->on_verify);
    CHECK_FALSE(rule->on_revoke);
    CHECK(rule->latency == 50ms);
    CHECK(rule->jitter == 5ms);
}

TEST_CASE("each way to fail on the command line") {
    CHECK(parse_fault("hang")->action == fault_action::hang);
    CHECK(parse_fault("reset=true")->action == fault_action::reset);
    CHECK(parse_fault("close")->action == fault_action::close);
    CHECK(parse_fault("malformed=deep")->malformed == malformed_kind::deep);
    CHECK(parse_fault("raw=YQ==")->raw == "a");
    CHECK(parse_fault("slow_bytes=5ms")->slow_bytes == 5ms);
    CHECK(parse_fault("probability=0.5")->probability == Approx(0.5));
}

TEST_CASE("a fault rule that cannot be meant is refused with a reason") {
    CHECK(complaint("statsu=503") == "unknown fault setting 'statsu'");
    CHECK(complaint("status=100") == "fault setting 'status' needs a number from 200 to 599");
    CHECK(complaint("latency=5") == "fault setting 'latency' needs a duration: 50ms");
    CHECK(complaint("path=all") == "fault setting 'path' needs verify, revoke or both");
    CHECK(complaint("retry_after=5") == "fault setting 'retry_after' goes with 'status'");
    CHECK(complaint("hang,reset").starts_with("one fault rule can have only one of"));
    CHECK(complaint("malformed=odd").find("truncated, not_json") != std::string::npos);
    CHECK_FALSE(complaint("hang=maybe").empty());
    CHECK_FALSE(complaint("probability=2").empty());
    CHECK_FALSE(complaint("raw=!").empty());
}

TEST_CASE("the control API takes one rule or a list of them") {
    const auto one = from_json(R"({"status": 503, "count": 2, "hang": false, "probability": 0.5})");
    REQUIRE(one.has_value());
    REQUIRE(one->size() == 1);
    CHECK(one->front().status == 503);
    CHECK(one->front().probability == Approx(0.5));

    const auto two = from_json(R"([{"hang": true, "count": 1}, {"latency": "20ms"}])");
    REQUIRE(two.has_value());
    REQUIRE(two->size() == 2);
    CHECK(two->front().action == fault_action::hang);
    CHECK(two->back().latency == 20ms);
}

TEST_CASE("the control API refuses what it does not understand") {
    for (const char* text : {R"("status=503")", R"({"status": [503]})", R"({"status": -1})", R"({"typo": 1})",
                             R"([{"status": 503}, 7])", R"({"status": 503.5})"}) {
        INFO(text);
        CHECK_FALSE(from_json(text).has_value());
    }
}

TEST_CASE("rules are shown as they can be put again") {
    for (const char* text :
         {R"([{"status":429,"retry_after":5,"latency":"50ms","count":3,"path":"both"}])",
          R"([{"hang":true,"path":"verify"},{"reset":true,"path":"revoke"},{"close":true,"path":"both"}])",
          R"([{"malformed":"huge","jitter":"1s","slow_bytes":"5ms","probability":0.5,"path":"both"}])",
          R"([{"raw":"AGFi","path":"both"}])", "[]"}) {
        INFO(text);
        const auto rules = from_json(text);
        REQUIRE(rules.has_value());
        CHECK(faults_json(*rules) == text);
    }
}
