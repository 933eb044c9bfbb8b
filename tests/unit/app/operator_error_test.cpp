#include <gate/app/health.hpp>
#include <gate/app/operator_error.hpp>

#include <rapidjson/document.h>

#include <catch.hpp>

using namespace gate::app;

namespace {

rapidjson::Document parsed(const std::string& body) {
    rapidjson::Document out;
    INFO(body);
    REQUIRE_FALSE(out.Parse<rapidjson::kParseValidateEncodingFlag>(body.data(), body.size()).HasParseError());
    return out;
}

// Every byte, and pieces of sequences.
std::string hostile() {
    std::string out = "\"}\\\xed\xa0\x80\xf0\x9f";
    for (int byte = 0; byte < 256; ++byte) out += static_cast<char>(byte);
    return out;
}

}  // namespace

TEST_CASE("an error of the admin listener has the shape that Gate's users know") {
    const auto reply = reply_of({.status = 503,
                                 .code = "gate_busy",
                                 .message = "Later.",
                                 .retryable = true,
                                 .retry_after = std::chrono::seconds(3),
                                 .request_id = "req_1"});
    CHECK(reply.status == 503);
    CHECK(reply.content_type == std::string("application/json"));
    CHECK(reply.body == R"({"error":{"code":"gate_busy","message":"Later.","status":503,"retryable":true,)"
                        R"("request_id":"req_1","details":{"next_action":"retry"}}})"
                        "\n");
    REQUIRE(reply.fields.size() == 2);
    CHECK(reply.fields[0].second == "req_1");
    CHECK(reply.fields[1].second == "3");
}

TEST_CASE("an error of any bytes is valid JSON") {
    const auto text = hostile();
    const auto body = parsed(reply_of({.status = 422,
                                       .code = text,
                                       .message = text,
                                       .request_id = "req_1",
                                       .problems = {text, "second"}})
                                 .body);
    const auto& problems = body["error"]["details"]["problems"];
    REQUIRE(problems.Size() == 2);
    CHECK(problems[1] == "second");
    CHECK(body["error"]["message"] == problems[0]);
    CHECK_FALSE(body["error"]["details"].HasMember("next_action"));
}

TEST_CASE("the detail of readiness may have any bytes") {
    health state;
    state.trouble = hostile;
    const auto ready = readiness(state);
    CHECK(ready.status == 200);
    CHECK(parsed(ready.body)["status"] == "ok");
    state.draining = true;
    CHECK(parsed(readiness(state).body)["status"] == "draining");
    CHECK(liveness().body == "{\"status\":\"ok\"}\n");
}
