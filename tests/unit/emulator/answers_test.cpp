#include <gate/emulator/answers.hpp>
#include <gate/emulator/reply.hpp>

#include <catch.hpp>

using namespace std::chrono;
using namespace gate::emulator;

namespace {

const std::string id = "req_0123456789abcdef0123456789abcdef";
const wall_time created = sys_days(year(2026) / March / 25) + 10h;
const token_facts facts{"gacct_1", "active", created, created + hours(24)};

}  // namespace

TEST_CASE("a valid token, in both forms") {
    CHECK(valid_answer(call_form::v1, facts, id) ==
          R"({"data":{"valid":true,"gate_account_id":"gacct_1","status":"active",)"
          R"("created_at":"2026-03-25T10:00:00.000Z","expires_at":"2026-03-26T10:00:00.000Z"},)"
          R"("meta":{"request_id":"req_0123456789abcdef0123456789abcdef"}})");
    CHECK(valid_answer(call_form::guide, facts, id) ==
          R"({"data":{"valid":true,"gate_account_id":"gacct_1","status":"active",)"
          R"("created_at":"2026-03-25T10:00:00.000Z"}})");
}

TEST_CASE("a token that never expires is answered without expires_at") {
    const token_facts eternal{"gacct_1", "active", created, std::nullopt};
    CHECK(valid_answer(call_form::v1, eternal, id).find("expires_at") == std::string::npos);
}

TEST_CASE("an account id is escaped") {
    const token_facts odd{"gacct_\"\r\n", "active", created, std::nullopt};
    CHECK(valid_answer(call_form::guide, odd, id).find(R"("gacct_\"\r\n")") != std::string::npos);
}

TEST_CASE("an invalid and a revoked token, in both forms") {
    CHECK(invalid_answer(call_form::guide, id) == R"({"data":{"valid":false}})");
    CHECK(revoked_answer(call_form::guide, id) == R"({"data":{"valid":false,"status":"revoked"}})");
    CHECK(invalid_answer(call_form::v1, id) ==
          R"({"data":{"valid":false},"meta":{"request_id":"req_0123456789abcdef0123456789abcdef"}})");
    CHECK(
        revoked_answer(call_form::v1, id) ==
        R"({"data":{"valid":false,"status":"revoked"},"meta":{"request_id":"req_0123456789abcdef0123456789abcdef"}})");
}

TEST_CASE("the error envelope, complete") {
    CHECK(error_envelope({401, "auth.missing_api_key", "No key.", "Authorization"}, id) ==
          R"({"error":{"code":"auth.missing_api_key","message":"No key.","status":401,"retryable":false,)"
          R"("request_id":"req_0123456789abcdef0123456789abcdef",)"
          R"("docs_url":"https://gate-emulator.invalid/errors#auth.missing_api_key",)"
          R"("details":{"header_name":"Authorization"}}})");
    CHECK(
        error_envelope(error_for(429), id) ==
        R"({"error":{"code":"rate_limit.exceeded","message":"Too many requests.","status":429,"retryable":true,)"
        R"("request_id":"req_0123456789abcdef0123456789abcdef",)"
        R"("docs_url":"https://gate-emulator.invalid/errors#rate_limit.exceeded",)"
        R"("details":{"next_action":"retry"}}})");
}

TEST_CASE("every status has its documented code") {
    CHECK(error_for(401).code == "auth.invalid_api_key");
    CHECK(error_for(403).code == "auth.invalid_api_key");
    CHECK(error_for(404).code == "request.not_found");
    CHECK(error_for(422).code == "request.validation_failed");
    CHECK(error_for(502).status == 502);
    CHECK(error_for(418).code == "request.failed");
}

TEST_CASE("a reply on the wire") {
    const reply answer{200, {{"X-RateLimit-Limit", "600"}}, "{}"};
    CHECK(to_wire(answer, {}, created) ==
          "HTTP/1.1 200 OK\r\nDate: Wed, 25 Mar 2026 10:00:00 GMT\r\nX-RateLimit-Limit: 600\r\n"
          "Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{}");
    CHECK(to_wire({204, {}, ""}, {.keep_alive = false}, created) ==
          "HTTP/1.1 204 No Content\r\nDate: Wed, 25 Mar 2026 10:00:00 GMT\r\nConnection: close\r\n\r\n");
}

TEST_CASE("a HEAD gets the length of the body, and no body") {
    const std::string wire = to_wire({404, {}, "{}"}, {.keep_alive = true, .head_only = true}, created);
    CHECK(wire.find("Content-Length: 2\r\n") != std::string::npos);
    CHECK(wire.ends_with("\r\n\r\n"));
}
