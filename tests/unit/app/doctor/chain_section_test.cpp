#include <gate/app/doctor/chain_section.hpp>
#include <gate/app/doctor/corpus.hpp>
#include <gate/app/echo_server.hpp>
#include <gate/app/websocket_accept.hpp>

#include <algorithm>
#include <catch.hpp>

using namespace gate;
using namespace gate::app::doctor;

namespace {

const std::string our_401 = R"({"error":{"code":"token_missing","request_id":"req_0"}})";

heard got(int status, std::string body = {}, std::vector<std::pair<std::string, std::string>> fields = {}) {
    heard out;
    out.status = status;
    out.body = std::move(body);
    out.fields = std::move(fields);
    return out;
}

heard echoing(const std::string& fields, const std::string& removed = {}) {
    return got(200, R"({"method":"GET","fields":[)" + fields + R"(],"removed":[)" + removed + "]}");
}

}  // namespace

TEST_CASE("an identity that would reach the API is a failure, in any spelling") {
    const std::string id = "X-Gate-Account-Id";
    CHECK(judge_identity(echoing(R"(["Host","a"])"), id).is == state::pass);
    CHECK(judge_identity(got(400), id).is == state::pass);
    CHECK(judge_identity(got(502), id).is == state::skipped);
    CHECK(judge_identity(echoing(R"(["x.gate_account-id","a"])"), id).is == state::fail);
    CHECK(judge_identity(echoing(R"(["X_User","a"])"), "X-User").is == state::fail);
}

TEST_CASE("unusual spellings that come as far as the sidecar are warned of, the usual one is not") {
    const std::string id = "X-Gate-Account-Id";
    CHECK(judge_spellings(echoing("", R"("X-Gate-Account-Id","x-gate-account-id")"), id).is == state::pass);
    const auto found = judge_spellings(echoing("", R"("X_Gate_Account_Id")"), id);
    CHECK(found.is == state::warn);
    CHECK(found.sentence.find("X_Gate_Account_Id") != std::string::npos);
    CHECK(judge_spellings(got(400), id).is == state::pass);
}

TEST_CASE("a load balancer that keeps Authorization for itself is a failure") {
    CHECK(judge_authorization(echoing(R"x(["authorization","*** (9 bytes)"])x")).is == state::pass);
    CHECK(judge_authorization(echoing("")).is == state::fail);
    CHECK(judge_authorization(got(401)).is == state::skipped);
}

TEST_CASE("a refusal must arrive as it was said") {
    const std::pair<std::string, std::string> challenge{"www-authenticate", "Bearer realm=\"gate\""};
    CHECK(judge_refusal(got(401, our_401, {challenge})).is == state::pass);
    CHECK(judge_refusal(got(401, our_401)).is == state::fail);
    CHECK(judge_refusal(got(401, "<html>", {challenge})).is == state::fail);
    CHECK(judge_refusal(got(200, our_401, {challenge})).is == state::fail);
    CHECK(judge_refusal(got(0)).is == state::fail);
}

TEST_CASE("Retry-After must arrive as it was said") {
    CHECK(judge_retry_after(got(503, "", {{"Retry-After", "7"}})).is == state::pass);
    CHECK(judge_retry_after(got(503, "", {{"Retry-After", "60"}})).is == state::fail);
    CHECK(judge_retry_after(got(503)).is == state::fail);
    CHECK(judge_retry_after(got(502, "", {{"Retry-After", "7"}})).is == state::fail);
}

TEST_CASE("streams that do not arrive are warned of") {
    CHECK(judge_events(true, {}).is == state::pass);
    CHECK(judge_events(false, {}).is == state::warn);
    CHECK(judge_events(false, got(502)).sentence.find("502") != std::string::npos);
    const auto accept = app::websocket_accept("dGhlIHNhbXBsZSBub25jZQ==");
    CHECK(accept == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");  // RFC 6455 1.3
    const auto opened = got(101, "", {{"Sec-WebSocket-Accept", accept}});
    CHECK(judge_websocket(opened, accept, true).is == state::pass);
    CHECK(judge_websocket(opened, accept, false).is == state::warn);
    CHECK(judge_websocket(got(101), accept, true).is == state::warn);
    CHECK(judge_websocket(got(400), accept, false).is == state::warn);
}

TEST_CASE("another replica is told by its own refusal alone") {
    CHECK(is_of_another_replica(got(401, our_401)));
    CHECK_FALSE(is_of_another_replica(got(401, "<html>")));
    CHECK_FALSE(is_of_another_replica(got(403, our_401)));
}

TEST_CASE("requests that a load balancer should not pass on are named") {
    CHECK(judge_unclear({}).is == state::pass);
    CHECK(judge_unclear({"Content-Length before Transfer-Encoding"}).is == state::warn);
}

TEST_CASE("what is sent through others ends in the same place however it is read") {
    for (const auto& each : harmless_unclear_requests()) {
        INFO(each.what);
        CHECK(each.fields.find("Content-Length: 5\r\n") != std::string_view::npos);
        CHECK(each.body == "0\r\n\r\n");  // five bytes, and one last chunk
    }
}

TEST_CASE("a field is spelt in the ways that receivers fold, each once") {
    auto all = spellings_of("X-Gate-Account-Id", separators::all);
    for (const auto* each :
         {"X-Gate-Account-Id", "x-gate-account-id", "X_Gate_Account_Id", "X.Gate.Account.Id",
          "x_gate_account_id", "X_GATE_ACCOUNT_ID", "X_Gate-Account-Id"})
        CHECK(std::ranges::count(all, each) == 1);
    CHECK(all.front() == "X-Gate-Account-Id");
    CHECK(is_unusual("X_Gate-Account-Id", "X-Gate-Account-Id"));
    CHECK_FALSE(is_unusual("x-gate-account-id", "X-Gate-Account-Id"));
    const auto known = spellings_of("X-Gate-Account-Id");
    CHECK(std::ranges::none_of(known, [](const auto& each) { return each.find('~') != each.npos; }));
}

TEST_CASE("rule 25: what the echo shows of a request holds no secret") {
    boost::beast::http::request_header<> head;
    head.method(boost::beast::http::verb::get);
    head.set("Host", "api.test");
    head.set("Authorization", "Bearer secret-value");
    head.set("Cookie", "session=secret-value");
    head.set("X-Api-Key", "secret-value");
    head.set("X-Custom", "agt_secretvalue");
    head.set("X-Gate-Removed", "X-Gate-Account-Id, x_gate_account_id");
    const auto text = app::shown_request(head);
    CHECK(text.find("secret-value") == std::string::npos);
    CHECK(text.find("agt_secretvalue") == std::string::npos);
    const auto shown = read_echo(text);
    REQUIRE(shown);
    CHECK(shown->fields.front() == std::pair<std::string, std::string>{"Host", "api.test"});
    CHECK(shown->removed == std::vector<std::string>{"X-Gate-Account-Id", "x_gate_account_id"});
    CHECK(judge_authorization(got(200, text)).is == state::pass);
}
