#include <gate/app/doctor/chain_section.hpp>
#include <gate/app/doctor/opened_echo.hpp>
#include <gate/app/echo_server.hpp>
#include <gate/app/websocket_accept.hpp>
#include <gate/config/scalars.hpp>

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

heard marked(heard what) {
    what.fields.emplace_back("x-sidecar-echo", "1");
    return what;
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

TEST_CASE("what says nothing of the fields of a request passes for no refusal of them") {
    const std::string id = "X-Gate-Account-Id";
    const std::string forbidden = R"({"error":{"code":"route_denied","request_id":"req_0"}})";
    for (const auto& answer : {got(401, our_401), got(403, forbidden), got(404), got(429), got(0)}) {
        INFO(answer.status);
        CHECK(judge_identity(answer, id).is == state::skipped);
        CHECK(judge_spellings(answer, id).is == state::skipped);
    }
    for (const int status : {400, 403, 431}) {
        CHECK(judge_identity(got(status), id).is == state::pass);
        CHECK(judge_spellings(got(status), id).is == state::pass);
    }
}

TEST_CASE("a load balancer that keeps Authorization for itself is a failure") {
    CHECK(judge_authorization(echoing(R"x(["authorization","*** (26 bytes)"])x")).is == state::pass);
    CHECK(judge_authorization(echoing(R"x(["authorization","*** (18 bytes)"])x")).is == state::fail);
    CHECK(judge_authorization(got(400, our_401)).is == state::fail);
    CHECK(judge_authorization(got(400)).is == state::skipped);
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

TEST_CASE("an answer of the echo is told by its mark alone") {
    CHECK(is_of_echo(marked(got(200))));
    CHECK(is_of_echo(marked(got(503))));
    for (const auto& other : {got(401, our_401), got(404), got(200, "<html>")})
        CHECK_FALSE(is_of_echo(other));
}

TEST_CASE("a stream that gets no response is told by why") {
    heard nothing;
    nothing.problem = "Connection refused";
    for (const auto& found : {judge_events(false, nothing), judge_websocket(nothing, "", false)}) {
        CHECK(found.is == state::warn);
        CHECK(found.sentence.find("Connection refused") != std::string::npos);
        CHECK(found.sentence.find("buffers") == std::string::npos);
    }
}

TEST_CASE("whether strangers are refused is decided for the host that they ask for") {
    config::config options;
    options.routes.push_back({.hosts = {"api.test"}, .auth = config::access_level::none});
    CHECK(refuses_strangers(options, "another.test", "/a"));
    CHECK_FALSE(refuses_strangers(options, "api.test", "/a"));
    options.routes.push_back({.paths = {"/**"}, .auth = config::access_level::deny});  // 403, and no 401
    CHECK_FALSE(refuses_strangers(options, "another.test", "/a"));
}

TEST_CASE("no echo is asked for where nobody says where") {
    config::config options;
    options.admin_token = core::secret_string("hunter2-hunter2-hunter2");
    options.admin.address = *config::parse_listen_address("systemd:admin");
    const opened_echo none(options, {});
    CHECK_FALSE(none.is_open());
    CHECK(none.problem().find("--admin") != std::string::npos);
}

TEST_CASE("requests that a load balancer should not pass on are named") {
    CHECK(judge_unclear({}).is == state::pass);
    CHECK(judge_unclear({"Content-Length before Transfer-Encoding"}).is == state::warn);
}

TEST_CASE("rule 25: what the echo shows of a request holds no secret") {
    boost::beast::http::request_header<> head;
    head.method_string("AGT_secretmethod");
    head.set("Host", "api.test");
    for (const auto* name :
         {"Authorization", "Cookie", "X-Origin-Verify", "X-Forwarded-Access-Token", "X-Custom"})
        head.set(name, "secret-value");
    head.set("agt_secretname", "1");
    head.set("X-Gate-Removed", "X-Gate-Account-Id, x_gate_account_id, x_gate_agt_secretother");
    const auto text = app::shown_request(head);
    CHECK(text.find("secret-value") == std::string::npos);
    for (const auto* part : {"secretmethod", "secretname", "secretother"})
        CHECK(text.find(part) == std::string::npos);
    const auto shown = read_echo(text);
    REQUIRE(shown);
    CHECK(shown->fields.front() == std::pair<std::string, std::string>{"Host", "*** (8 bytes)"});
    CHECK(shown->removed ==
          std::vector<std::string>{"X-Gate-Account-Id", "x_gate_account_id", "x_gate_agt_***"});
    CHECK(judge_authorization(got(200, text)).is == state::fail);  // another one than was sent
}
