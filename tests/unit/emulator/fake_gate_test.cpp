#include <gate/emulator/fake_gate.hpp>
#include <gate/emulator/fault_text.hpp>
#include <gate/emulator/json.hpp>

#include <catch.hpp>
using namespace std::chrono_literals;
using namespace gate::emulator;

namespace {

const instant start{gate::core::time_point(1000s), wall_time(1'800'000'000s)};

instant after(gate::core::duration span) {
    return {start.steady + span, start.wall + span};
}

gate_settings with_key(std::string key) {
    gate_settings settings;
    settings.keys.emplace_back(std::move(key));
    return settings;
}

fake_gate gate_with(gate_settings settings) {
    fake_gate gate(std::move(settings), start.wall);
    token_record record;
    record.account = "gacct_x";
    record.created_at = start.wall;
    gate.tokens.put("agt_x", record);
    return gate;
}

fake_gate plain_gate() {
    return gate_with(with_key("sk_test_a"));
}

request verify_call(std::string token) {
    return {"POST", "/v1/gate/agent-tokens/verify", "Bearer sk_test_a",
            R"({"agent_token":")" + token + R"("})"};
}

request revoke_call(std::string token) {
    request call = verify_call(std::move(token));
    call.target = "/v1/gate/agent-tokens/revoke";
    return call;
}

std::string field_of(const reply& answer, std::string_view name) {
    for (const field& f : answer.fields)
        if (f.name == name) return f.value;
    return "(none)";
}

std::string request_id_in(const std::string& body) {
    const auto answer = parse_json(body);
    REQUIRE(answer);
    const json_value* const meta = find_member(*answer, "meta");
    REQUIRE(meta != nullptr);
    return string_member(*meta, "request_id").value_or("");
}

bool has(const reply& answer, std::string_view part) {
    return answer.body.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("both forms verify, each with its own field") {
    fake_gate gate = plain_gate();
    CHECK(
        has(gate.handle(verify_call("agt_x"), start).answer, R"("valid":true,"gate_account_id":"gacct_x")"));
    request guide = verify_call("agt_x");
    guide.target = "/gate/agent-tokens/verify?from=guide";
    CHECK(gate.handle(guide, start).answer.status == 422);
    guide.body = R"({"token":"agt_x"})";
    const reply answer = gate.handle(guide, start).answer;
    CHECK(has(answer, R"("valid":true)"));
    CHECK_FALSE(has(answer, "meta"));
}

TEST_CASE("a form that is switched off is not found") {
    gate_settings settings = with_key("sk_test_a");
    settings.form_v1 = false;
    CHECK(gate_with(std::move(settings)).handle(verify_call("agt_x"), start).answer.status == 404);
}

TEST_CASE("an unknown path is 404 and another method is 405") {
    fake_gate gate = plain_gate();
    request call = verify_call("agt_x");
    call.method = "GET";
    const reply refused = gate.handle(call, start).answer;
    CHECK(refused.status == 405);
    CHECK(field_of(refused, "Allow") == "POST");
    call.target = "/v1/gate/agent-tokens/verify/";
    CHECK(has(gate.handle(call, start).answer, R"("code":"request.not_found")"));
    CHECK(gate.counts.other_requests == 2);
    CHECK(gate.counts.verify.total == 0);
}

TEST_CASE("a request id is req_ and 32 hex digits, another one each time") {
    fake_gate gate = plain_gate();
    const std::string first = request_id_in(gate.handle(verify_call("agt_x"), start).answer.body);
    const std::string second = request_id_in(gate.handle(verify_call("agt_x"), start).answer.body);
    CHECK(first.size() == 36);
    CHECK(first.starts_with("req_"));
    CHECK(first.find_first_not_of("0123456789abcdef", 4) == std::string::npos);
    CHECK(first != second);
}

TEST_CASE("a call without a key, and with a bad one") {
    fake_gate gate = plain_gate();
    request call = verify_call("agt_x");
    for (const char* authorization : {"", "Basic c2s6", "Bearer", "Bearer "}) {
        INFO(authorization);
        call.authorization = authorization;
        const reply answer = gate.handle(call, start).answer;
        CHECK(answer.status == 401);
        CHECK(has(answer, R"("code":"auth.missing_api_key")"));
        CHECK(has(answer, R"("header_name":"Authorization")"));
    }
    call.authorization = "bearer sk_test_b";
    const reply answer = gate.handle(call, start).answer;
    CHECK(answer.status == 401);
    CHECK(has(answer, R"("code":"auth.invalid_api_key")"));
    CHECK(field_of(answer, "X-RateLimit-Limit") == "(none)");
    CHECK(gate.counts.verify.refused == 5);
    CHECK(gate.limit().remaining(start.steady) == 600);
}

TEST_CASE("a bad key can be a 403") {
    gate_settings settings = with_key("sk_other");
    settings.bad_key_status = 403;
    const reply answer = gate_with(std::move(settings)).handle(verify_call("agt_x"), start).answer;
    CHECK(answer.status == 403);
    CHECK(has(answer, R"("code":"auth.invalid_api_key","message")"));
}

TEST_CASE("during a rotation both keys are good") {
    gate_settings settings = with_key("sk_test_a");
    settings.keys.emplace_back("sk_test_b");
    fake_gate gate = gate_with(std::move(settings));
    request call = verify_call("agt_x");
    CHECK(gate.handle(call, start).answer.status == 200);
    call.authorization = "Bearer sk_test_b";
    CHECK(gate.handle(call, start).answer.status == 200);
}

TEST_CASE("a key without the scope is refused, and the call counts") {
    gate_settings settings = with_key("sk_test_a");
    settings.may_revoke = false;
    fake_gate gate = gate_with(std::move(settings));
    CHECK(gate.handle(verify_call("agt_x"), start).answer.status == 200);
    const reply answer = gate.handle(revoke_call("agt_x"), start).answer;
    CHECK(answer.status == 403);
    CHECK(has(answer, "auth.insufficient_scope"));
    CHECK(field_of(answer, "X-RateLimit-Remaining") == "598");
}

TEST_CASE("a body that Gate cannot use is 422") {
    fake_gate gate = plain_gate();
    request call = verify_call("agt_x");
    for (const char* body :
         {"", "{", "[]", "{}", R"({"agent_token":7})", R"({"agent_token":"x"})", R"({"agent_token":"agt_"})",
          R"({"agent_token":"agt_a b"})", R"({"token":"agt_x"})", R"({"agent_token":"agt_x"} x)"}) {
        INFO(body);
        call.body = body;
        const reply answer = gate.handle(call, start).answer;
        CHECK(answer.status == 422);
        CHECK(has(answer, R"("code":"request.validation_failed")"));
    }
    CHECK(gate.counts.verify.refused == 10);
}

TEST_CASE("unknown fields beside the token do no harm") {
    request call = verify_call("agt_x");
    call.body = R"({"more":[1],"agent_token":"agt_x"})";
    CHECK(plain_gate().handle(call, start).answer.status == 200);
}

TEST_CASE("unknown and revoked tokens are answered with 200 and valid false") {
    fake_gate gate = plain_gate();
    const reply unknown = gate.handle(verify_call("agt_nobody"), start).answer;
    CHECK(unknown.status == 200);
    CHECK(has(unknown, R"({"data":{"valid":false},"meta")"));
    CHECK(gate.handle(revoke_call("agt_x"), start).answer.status == 204);
    CHECK(has(gate.handle(verify_call("agt_x"), start).answer,
              R"({"data":{"valid":false,"status":"revoked"},"meta")"));
    CHECK(gate.counts.verify.invalid == 2);
    CHECK(gate.counts.revoke.revoked == 1);
}

TEST_CASE("revoking an unknown token is 404") {
    fake_gate gate = plain_gate();
    const reply answer = gate.handle(revoke_call("agt_nobody"), start).answer;
    CHECK(answer.status == 404);
    CHECK(has(answer, R"("code":"request.not_found")"));
    CHECK(gate.counts.revoke.unknown == 1);
}

TEST_CASE("the limit is told on every authenticated answer, and ends in 429") {
    gate_settings settings = with_key("sk_test_a");
    settings.limit = 2;
    fake_gate gate = gate_with(std::move(settings));
    const reply first = gate.handle(verify_call("agt_x"), start).answer;
    CHECK(field_of(first, "X-RateLimit-Limit") == "2");
    CHECK(field_of(first, "X-RateLimit-Remaining") == "1");
    CHECK(field_of(first, "Retry-After") == "(none)");
    gate.handle(revoke_call("agt_nobody"), start);
    const reply refused = gate.handle(verify_call("agt_x"), after(10s)).answer;
    CHECK(refused.status == 429);
    CHECK(has(refused, R"("code":"rate_limit.exceeded")"));
    CHECK(field_of(refused, "X-RateLimit-Remaining") == "0");
    CHECK(field_of(refused, "Retry-After") == "50");
    CHECK(gate.counts.verify.rate_limited == 1);
    CHECK(gate.counts.early_calls == 0);
}

TEST_CASE("a call before Retry-After has passed is counted as early") {
    gate_settings settings = with_key("sk_test_a");
    settings.limit = 1;
    settings.window = 10s;
    fake_gate gate = gate_with(std::move(settings));
    gate.handle(verify_call("agt_x"), start);
    gate.handle(verify_call("agt_x"), after(1s));
    gate.handle(verify_call("agt_x"), after(10s - 1ms));
    CHECK(gate.counts.early_calls == 1);
    gate.handle(verify_call("agt_x"), after(20s));
    CHECK(gate.counts.early_calls == 1);
}

TEST_CASE("Retry-After can be a date, never earlier than the seconds would be") {
    gate_settings settings = with_key("sk_test_a");
    settings.limit = 1;
    settings.retry_after_as_date = true;
    fake_gate gate = gate_with(std::move(settings));
    gate.handle(verify_call("agt_x"), start);
    const reply refused = gate.handle(verify_call("agt_x"), after(500ms)).answer;
    CHECK(field_of(refused, "Retry-After") == http_date(start.wall + 61s));
}

TEST_CASE("without a limit no rate headers are sent") {
    gate_settings settings = with_key("sk_test_a");
    settings.limit = 0;
    CHECK(field_of(gate_with(std::move(settings)).handle(verify_call("agt_x"), start).answer,
                   "X-RateLimit-Limit") == "(none)");
}

TEST_CASE("a fresh window forgets calls and cool-down") {
    gate_settings settings = with_key("sk_test_a");
    settings.limit = 1;
    fake_gate gate = gate_with(std::move(settings));
    gate.handle(verify_call("agt_x"), start);
    gate.handle(verify_call("agt_x"), start);
    gate.set_limit(1, 60s);
    CHECK(gate.handle(verify_call("agt_x"), start).answer.status == 200);
    CHECK(gate.counts.early_calls == 0);
}

TEST_CASE("Cache-Control goes with verify answers when asked for") {
    gate_settings settings = with_key("sk_test_a");
    settings.cache_control = "max-age=60";
    fake_gate gate = gate_with(std::move(settings));
    CHECK(field_of(gate.handle(verify_call("agt_x"), start).answer, "Cache-Control") == "max-age=60");
    CHECK(field_of(plain_gate().handle(verify_call("agt_x"), start).answer, "Cache-Control") == "(none)");
}

TEST_CASE("a status fault answers before the key is looked at, with the envelope of its status") {
    fake_gate gate = plain_gate();
    gate.faults.replace({*parse_fault("status=503,retry_after=3,count=1")});
    request call = verify_call("agt_x");
    call.authorization = "";
    const reply answer = gate.handle(call, start).answer;
    CHECK(answer.status == 503);
    CHECK(has(answer, R"("retryable":true)"));
    CHECK(field_of(answer, "Retry-After") == "3");
    CHECK(gate.counts.verify.faulted == 1);
    CHECK(gate.handle(verify_call("agt_x"), after(1s)).answer.status == 200);
    CHECK(gate.counts.early_calls == 1);
}

TEST_CASE("a redirect leads back to the path that was asked for") {
    fake_gate gate = plain_gate();
    gate.faults.replace({*parse_fault("status=307")});
    CHECK(field_of(gate.handle(verify_call("agt_x"), start).answer, "Location") ==
          "/v1/gate/agent-tokens/verify");
}

TEST_CASE("a latency rule delays the right answer") {
    fake_gate gate = plain_gate();
    gate.faults.replace({*parse_fault("latency=50ms,slow_bytes=1ms")});
    const outcome result = gate.handle(verify_call("agt_x"), start);
    CHECK(result.action == fault_action::none);
    CHECK(result.delay == 50ms);
    CHECK(result.slow_bytes == 1ms);
    CHECK(result.answer.status == 200);
    CHECK(gate.counts.verify.faulted == 0);
    CHECK(gate.counts.verify.valid == 1);
}

TEST_CASE("a delayed answer tells what was true when the call arrived") {
    fake_gate gate = plain_gate();
    gate.faults.replace({*parse_fault("latency=1s,path=verify")});
    const outcome late = gate.handle(verify_call("agt_x"), start);
    gate.handle(revoke_call("agt_x"), start);
    CHECK(has(late.answer, R"("valid":true)"));
}

TEST_CASE("faults other than a status carry what the session needs") {
    fake_gate gate = plain_gate();
    gate.faults.replace({*parse_fault("malformed=not_json,count=1"), *parse_fault("raw=YQ==,count=1"),
                         *parse_fault("hang,count=1")});
    CHECK(has(gate.handle(verify_call("agt_x"), start).answer, "<html>"));
    CHECK(gate.handle(verify_call("agt_x"), start).raw == "a");
    CHECK(gate.handle(verify_call("agt_x"), start).action == fault_action::hang);
}

TEST_CASE("calls in flight are counted until their outcome is gone") {
    fake_gate gate = plain_gate();
    {
        const outcome one = gate.handle(verify_call("agt_x"), start);
        const outcome two = gate.handle(revoke_call("agt_nobody"), start);
        CHECK(gate.counts.in_flight() == 2);
    }
    CHECK(gate.counts.in_flight() == 0);
    CHECK(gate.counts.max_in_flight == 2);
}

TEST_CASE("verifications are counted by token, refused and faulted ones too") {
    fake_gate gate = plain_gate();
    gate.handle(verify_call("agt_x"), start);
    gate.faults.replace({*parse_fault("status=500")});
    gate.handle(verify_call("agt_x"), start);
    gate.handle(revoke_call("agt_x"), start);
    CHECK(gate.counts.calls_of("agt_x") == 2);
    CHECK(gate.counts.calls_of("agt_y") == 0);
}

TEST_CASE("the list of tokens is bounded, the number of calls is not") {
    counters counts;
    for (int i = 0; i < 100'010; ++i) counts.count_token("agt_" + std::to_string(i));
    rapidjson::StringBuffer buffer;
    json_writer out(buffer);
    out.StartObject();
    counts.write_members(out);
    out.EndObject();
    const auto state = parse_json(text_of(buffer));
    REQUIRE(state);
    CHECK(find_member(*state, "calls_per_token")->MemberCount() == 100'000);
    CHECK(find_member(*state, "calls_of_unlisted_tokens")->GetUint64() == 10);
}
