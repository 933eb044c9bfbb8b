#include <gate/emulator/control.hpp>

#include <catch.hpp>

using namespace std::chrono_literals;
using namespace gate::emulator;

namespace {

const instant start{gate::core::time_point(1000s), wall_time(1'800'000'000s)};

struct fixture {
    fake_gate gate = [] {
        gate_settings settings;
        settings.keys.emplace_back("sk_test_a");
        return fake_gate(std::move(settings), start.wall);
    }();

    reply ask(std::string method, std::string target, std::string body = "") {
        return control({std::move(method), std::move(target), "", std::move(body)}, gate, start);
    }
    reply verify(std::string token, std::string key = "sk_test_a") {
        return gate
            .handle({"POST", "/v1/gate/agent-tokens/verify", "Bearer " + key,
                     R"({"agent_token":")" + token + R"("})"},
                    start)
            .answer;
    }
    bool is_valid(std::string token) {
        return verify(std::move(token)).body.find(R"("valid":true)") != std::string::npos;
    }
};

}  // namespace

TEST_CASE("a token put by the control API is valid until it is deleted") {
    fixture f;
    CHECK(f.ask("PUT", "/_control/tokens/agt_x", R"({"account":"gacct_1"})").status == 204);
    CHECK(f.is_valid("agt_x"));
    CHECK(f.ask("GET", "/_control/tokens/agt_x").body ==
          R"({"account":"gacct_1","status":"active","created_at":"2027-01-15T08:00:00.000Z","calls":1})");
    CHECK(f.ask("DELETE", "/_control/tokens/agt_x").status == 204);
    CHECK_FALSE(f.is_valid("agt_x"));
    CHECK(f.ask("DELETE", "/_control/tokens/agt_x").status == 404);
    CHECK(f.ask("GET", "/_control/tokens/agt_x").status == 404);
}

TEST_CASE("a token is revoked, and can be put again") {
    fixture f;
    f.ask("PUT", "/_control/tokens/agt_x", R"({"account":"gacct_1"})");
    CHECK(f.ask("POST", "/_control/tokens/agt_x/revoke").status == 204);
    CHECK_FALSE(f.is_valid("agt_x"));
    f.ask("PUT", "/_control/tokens/agt_x", R"({"account":"gacct_2","status":"active"})");
    CHECK(f.is_valid("agt_x"));
    CHECK(f.ask("POST", "/_control/tokens/agt_nobody/revoke").status == 404);
}

TEST_CASE("a token whose characters are special in a path") {
    fixture f;
    CHECK(f.ask("PUT", "/_control/tokens/agt_a%2Fb+c/revoke", R"({"account":"gacct_1"})").status == 204);
    CHECK(f.is_valid("agt_a/b+c/revoke"));
}

TEST_CASE("expiry in a token's record") {
    fixture f;
    f.ask("PUT", "/_control/tokens/agt_x", R"({"account":"gacct_1","expires_at":"2027-01-15T08:00:05Z"})");
    CHECK(f.verify("agt_x").body.find(R"("expires_at":"2027-01-15T08:00:05.000Z")") != std::string::npos);
    f.ask("PUT", "/_control/tokens/agt_x", R"({"account":"gacct_1","expires_at":"2020-01-01T00:00:00Z"})");
    CHECK_FALSE(f.is_valid("agt_x"));
    f.ask("PUT", "/_control/tokens/agt_x",
          R"({"account":"gacct_1","expires_at":"2020-01-01T00:00:00Z","ignore_expiry":true})");
    CHECK(f.is_valid("agt_x"));
    f.ask("PUT", "/_control/tokens/agt_x", R"({"account":"gacct_1","expires_in":"1s"})");
    CHECK(f.ask("GET", "/_control/tokens/agt_x").body.find(R"("expires_at":"2027-01-15T08:00:01.000Z")") !=
          std::string::npos);
}

TEST_CASE("keys are replaced as a whole") {
    fixture f;
    CHECK(f.ask("PUT", "/_control/keys", R"(["sk_test_b","sk_test_c"])").status == 204);
    CHECK(f.verify("agt_x", "sk_test_a").status == 401);
    CHECK(f.verify("agt_x", "sk_test_c").status == 200);
}

TEST_CASE("the limit is replaced, its window kept unless given") {
    fixture f;
    CHECK(f.ask("PUT", "/_control/limit", R"({"limit":1,"window":"5s"})").status == 204);
    f.verify("agt_x");
    CHECK(f.verify("agt_x").status == 429);
    CHECK(f.ask("PUT", "/_control/limit", R"({"limit":7})").status == 204);
    CHECK(f.ask("GET", "/_control/state").body.find(R"("limit":{"limit":7,"window":"5s","remaining":7})") !=
          std::string::npos);
}

TEST_CASE("faults are put, shown and cleared") {
    fixture f;
    CHECK(f.ask("PUT", "/_control/faults", R"({"status":503,"count":2})").status == 204);
    CHECK(f.verify("agt_x").status == 503);
    CHECK(f.ask("GET", "/_control/faults").body == R"([{"status":503,"count":1,"path":"both"}])");
    CHECK(f.ask("DELETE", "/_control/faults").status == 204);
    CHECK(f.verify("agt_x").status == 200);
}

TEST_CASE("a fault that is refused leaves the old plan in place") {
    fixture f;
    f.ask("PUT", "/_control/faults", R"({"status":503})");
    CHECK(f.ask("PUT", "/_control/faults", R"({"status":9})").status == 422);
    CHECK(f.verify("agt_x").status == 503);
}

TEST_CASE("the state, complete, and a reset") {
    fixture f;
    f.gate.counts.connections_open = 1;
    f.gate.counts.connections_accepted = 4;
    f.verify("agt_x");
    CHECK(f.ask("GET", "/_control/state").body ==
          R"({"verify":{"total":1,"valid":0,"invalid":1,"4xx":0,"429":0,"faulted":0},)"
          R"("revoke":{"total":0,"revoked":0,"unknown":0,"4xx":0,"429":0,"faulted":0},)"
          R"("other_requests":0,"early_calls":0,"in_flight":0,"max_in_flight":1,)"
          R"("connections":{"open":1,"accepted":4,"tls_failures":0},)"
          R"("calls_per_token":{"agt_x":1},"calls_of_unlisted_tokens":0,)"
          R"("limit":{"limit":600,"window":"1m","remaining":599}})");
    CHECK(f.ask("POST", "/_control/reset").status == 204);
    const std::string state = f.ask("GET", "/_control/state").body;
    CHECK(state.find(R"("verify":{"total":0,)") != std::string::npos);
    CHECK(state.find(R"("connections":{"open":1,"accepted":0,)") != std::string::npos);
    CHECK(state.find(R"("calls_per_token":{})") != std::string::npos);
}

TEST_CASE("the state shows no key") {
    fixture f;
    CHECK(f.ask("GET", "/_control/state").body.find("sk_test") == std::string::npos);
}

TEST_CASE("what the control API does not understand") {
    struct {
        const char* method;
        const char* target;
        const char* body;
        unsigned status;
    } const cases[] = {
        {"GET", "/_control/", "", 404},
        {"GET", "/_control/nothing", "", 404},
        {"GET", "/elsewhere", "", 404},
        {"POST", "/_control/state", "", 405},
        {"POST", "/_control/tokens/agt_x", "{}", 405},
        {"PUT", "/_control/tokens/", R"({"account":"a"})", 422},
        {"PUT", "/_control/tokens/nope", R"({"account":"a"})", 422},
        {"PUT", "/_control/tokens/agt_%zz", R"({"account":"a"})", 422},
        {"PUT", "/_control/tokens/agt_x", "", 422},
        {"PUT", "/_control/tokens/agt_x", "{}", 422},
        {"PUT", "/_control/tokens/agt_x", R"({"account":1})", 422},
        {"PUT", "/_control/tokens/agt_x", R"({"account":"a","status":1})", 422},
        {"PUT", "/_control/tokens/agt_x", R"({"account":"a","expires_at":"soon"})", 422},
        {"PUT", "/_control/tokens/agt_x", R"({"account":"a","expires_in":60})", 422},
        {"PUT", "/_control/tokens/agt_x", R"({"account":"a","ignore_expiry":"yes"})", 422},
        {"PUT", "/_control/limit", R"({"limit":-1})", 422},
        {"PUT", "/_control/limit", R"({"limit":1,"window":"0"})", 422},
        {"PUT", "/_control/limit", R"({"limit":1,"window":5})", 422},
        {"PUT", "/_control/keys", R"({"keys":[]})", 422},
        {"PUT", "/_control/keys", R"(["", "sk"])", 422},
        {"PUT", "/_control/faults", "status=503", 422},
    };
    fixture f;
    for (const auto& wrong : cases) {
        INFO(wrong.method << " " << wrong.target << " " << wrong.body);
        CHECK(f.ask(wrong.method, wrong.target, wrong.body).status == wrong.status);
    }
}
