#include <gate/client/http_date.hpp>
#include <gate/verify/codec.hpp>

#include <catch.hpp>
#include <string>
#include <vector>

using namespace gate;
using namespace std::chrono_literals;
using auth::verdict;
using auth::verification;
using core::reason;

namespace {

const core::wall_clock::time_point now{784111777s};  // Sun, 06 Nov 1994 08:49:37 GMT

const std::string good =
    R"({"data": {"valid": true, "gate_account_id": "gacct_01", "status": "active", )"
    R"("created_at": "1994-11-06T08:00:00Z", "expires_at": "1994-11-06T08:50:07Z", "new": [1, {"a": null}]}, )"
    R"("meta": {"request_id": "req_0123456789abcdef0123456789abcdef"}})";

verification decode(int status, std::string_view body) {
    verify::answer received;
    received.status = status;
    received.body = body;
    return verify::decode(received, now);
}

std::string with_data(const std::string& members) {
    return "{\"data\": {" + members + "}}";
}

}  // namespace

TEST_CASE("the request is one JSON member with the token") {
    CHECK(verify::request_body("agent_token", "agt_a+/=").reveal() == R"({"agent_token":"agt_a+/="})");
    CHECK(verify::request_body("a\"b", "agt_a").reveal() == R"({"a\"b":"agt_a"})");
}

TEST_CASE("a well-formed 200 that says valid allows") {
    const auto got = decode(200, good);
    CHECK(got.verdict == verdict::allow);
    CHECK(got.reason == reason::token_verified);
    CHECK(got.account_id == "gacct_01");
    CHECK(got.expires_at == now + 30s);
    CHECK(got.request_id == "req_0123456789abcdef0123456789abcdef");
}

TEST_CASE("the guide's short answer allows too") {
    const auto got = decode(200, with_data(R"("valid": true, "gate_account_id": "gacct_01")"));
    CHECK(got.verdict == verdict::allow);
    CHECK_FALSE(got.expires_at);
    CHECK(got.request_id.empty());
}

TEST_CASE("a status that is null is absent") {
    CHECK(decode(200, with_data(R"("valid": true, "gate_account_id": "gacct_01", "status": null)")).verdict ==
          verdict::allow);
    CHECK(decode(200, with_data(R"("valid": false, "status": null)")).reason == reason::token_invalid);
}

TEST_CASE("Gate's no is a no, whatever stands beside it") {
    const std::vector<std::pair<std::string, reason>> rows{
        {R"("valid": false)", reason::token_invalid},
        {R"("valid": false, "status": "active", "gate_account_id": "gacct_01")", reason::token_invalid},
        {R"("valid": false, "status": "revoked")", reason::token_revoked},
        {R"("valid": false, "status": 7)", reason::token_invalid},
        {R"("valid": true, "status": "revoked", "gate_account_id": "gacct_01")", reason::token_revoked},
        {R"("valid": true, "status": "paused", "gate_account_id": "gacct_01")", reason::token_revoked},
        {R"("valid": true, "status": "Active", "gate_account_id": "gacct_01")", reason::token_revoked},
        {R"("valid": true, "status": "", "gate_account_id": "gacct_01")", reason::token_revoked},
    };
    for (const auto& [members, why] : rows) {
        INFO(members);
        const auto got = decode(200, with_data(members));
        CHECK(got.verdict == verdict::deny);
        CHECK(got.reason == why);
        CHECK(got.account_id.empty());
    }
}

TEST_CASE("rule 15: a 200 that is not exactly the answer is unavailable") {
    const std::string account = R"(, "gate_account_id": "gacct_01")";
    const std::string valid = "\"valid\": true" + account;
    const std::vector<std::string> bodies{
        "",
        "null",
        "true",
        "[]",
        "{}",
        R"({"data": null})",
        R"({"data": [{"valid": true}]})",
        with_data(""),
        with_data(R"("Valid": true)" + account),
        with_data(R"("valid": 1)" + account),
        with_data(R"("valid": "true")" + account),
        with_data(R"("valid": null)" + account),
        with_data(R"("valid": [true])" + account),
        with_data(R"("valid": true, "valid": true)" + account),
        with_data(R"("valid": false, "valid": true)" + account),
        with_data("\"valid\": true, \"v\\u0061lid\": false" + account),
        with_data(valid + R"(, "status": "active", "status": "revoked")"),
        with_data(valid + account),
        with_data(valid + R"(, "status": true)"),
        "{\"data\": {" + valid + "}, \"data\": {\"valid\": false}}",
        with_data(valid) + "x",
        with_data(valid) + with_data(valid),
        with_data(valid) + std::string("\0", 1),
        with_data(valid) + std::string("\0x", 2),
        "\"" + with_data(valid) + "\"",
        with_data(valid).substr(0, 30),
        with_data(valid + ", \"x\": \"\xff\""),
        with_data(valid + ", \"x\": \"\xed\xa0\x80\""),
        with_data(valid + ", \"x\": \"\x01\""),
        with_data(valid + ", \"x\": NaN"),
        with_data(valid + ", // comment\n \"x\": 1"),
        with_data(valid + ","),
        std::string(30'000, '[') + std::string(30'000, ']'),
        std::string(60'000, '['),
        "{\"a\":" + std::string(verify::max_answer_size, ' ') + "1}",
    };
    for (const auto& body : bodies) {
        INFO(body.substr(0, 120));
        const auto got = decode(200, body);
        CHECK(got.verdict == verdict::unavailable);
        CHECK(got.reason == reason::gate_bad_answer);
        CHECK(got.account_id.empty());
    }
}

TEST_CASE("rule 6: an account id that cannot be a header value makes the answer unavailable") {
    const std::vector<std::string> ids{
        R"("")",
        R"("a b")",
        R"("gacct\r\nX-Evil: 1")",
        "\"gacct\\u0000\"",
        R"("gacct\t")",
        "\"gacct\xc3\xa9\"",
        R"("gacct\u007f")",
        "7",
        "null",
        "[\"gacct\"]",
        "\"" + std::string(257, 'a') + "\"",
    };
    for (const auto& id : ids) {
        INFO(id);
        const auto got = decode(200, with_data("\"valid\": true, \"gate_account_id\": " + id));
        CHECK(got.verdict == verdict::unavailable);
        CHECK(got.reason == reason::gate_bad_answer);
    }
    CHECK(decode(200, with_data(R"("valid": true)")).verdict == verdict::unavailable);
    const auto longest = "\"" + std::string(256, '~') + "\"";
    CHECK(decode(200, with_data("\"valid\": true, \"gate_account_id\": " + longest)).verdict ==
          verdict::allow);
}

TEST_CASE("rule 14, rule 15: no other status allows or denies, even with a body that says valid") {
    const std::vector<std::pair<int, reason>> rows{
        {201, reason::gate_bad_answer}, {204, reason::gate_bad_answer}, {206, reason::gate_bad_answer},
        {301, reason::gate_bad_answer}, {302, reason::gate_bad_answer}, {307, reason::gate_bad_answer},
        {400, reason::gate_bad_answer}, {401, reason::gate_bad_answer}, {403, reason::gate_bad_answer},
        {404, reason::gate_bad_answer}, {405, reason::gate_bad_answer}, {422, reason::gate_bad_answer},
        {429, reason::gate_bad_answer}, {500, reason::gate_failing},    {502, reason::gate_failing},
        {503, reason::gate_failing},    {599, reason::gate_failing},    {100, reason::gate_bad_answer},
        {101, reason::gate_bad_answer}, {999, reason::gate_bad_answer}, {0, reason::gate_bad_answer},
    };
    for (const auto& [status, why] : rows) {
        for (const auto& body : {good, with_data("\"valid\": false"), std::string()}) {
            INFO(status << " " << body);
            const auto got = decode(status, body);
            CHECK(got.verdict == verdict::unavailable);
            CHECK(got.reason == why);
            CHECK(got.status == status);
        }
    }
}

TEST_CASE("rule 14: our key or the form of the call is refused by Gate, not by something before Gate") {
    const auto [status, why] = GENERATE(table<int, reason>({{401, reason::gate_key_refused},
                                                            {403, reason::gate_key_refused},
                                                            {404, reason::gate_form_refused},
                                                            {422, reason::gate_form_refused}}));
    INFO(status);
    CHECK(decode(status, R"({"error": {"code": "auth.invalid_api_key"}})").reason == why);
    for (const std::string body :
         {"<html>blocked</html>", "", "{}", R"({"error": "blocked"})", R"([{"error": {}}])"})
        CHECK(decode(status, body).reason == reason::gate_bad_answer);
}

TEST_CASE("a Retry-After is Gate's, and of an hour at most, or there is none") {
    verify::answer received;
    received.status = GENERATE(200, 400, 401, 403, 404, 422, 500, 503);
    received.retry_after = "86400";
    received.body = "<html>go away</html>";
    INFO(received.status);
    CHECK(verify::decode(received, now).retry_after == 0s);
    if (received.status == 200) return;
    received.body = R"({"error": {"code": "some.error"}})";
    CHECK(verify::decode(received, now).retry_after == 3600s);
}

TEST_CASE("rule 28: a 429 limits our calls if it is Gate's, not if it is of something before Gate") {
    verify::answer received;
    received.status = 429;
    received.retry_after = "86400";
    SECTION("Gate's, by its envelope") {
        received.body = R"({"error": {"code": "rate_limit.exceeded"}})";
        const auto got = verify::decode(received, now);
        CHECK(got.reason == reason::gate_rate_limited);
        CHECK(got.retry_after == 3600s);
    }
    SECTION("Gate's, by its rate fields") {
        received.rate_limit = "600";
        received.rate_remaining = "0";
        const auto got = verify::decode(received, now);
        CHECK(got.reason == reason::gate_rate_limited);
        CHECK(got.retry_after == 3600s);
    }
    SECTION("not Gate's") {
        if (GENERATE(false, true)) received.rate_limit = "100";
        received.body =
            GENERATE(as<std::string_view>(), "", "<html>Too many requests</html>", "{}",
                     R"({"error": "slow down"})", R"({"error": {}})", R"({"error": {"code": 429}})",
                     R"([{"error": {"code": "rate_limit.exceeded"}}])");
        INFO(received.body);
        const auto got = verify::decode(received, now);
        CHECK(got.verdict == verdict::unavailable);
        CHECK(got.reason == reason::gate_bad_answer);
        CHECK(got.status == 429);
        CHECK(got.retry_after == 0s);
        CHECK_FALSE(got.limit);
        CHECK_FALSE(got.retryable);
    }
}

TEST_CASE("rule 28: the budget is what Gate says is left, not what something before Gate says") {
    verify::answer received;
    received.status = GENERATE(400, 403, 404, 422, 500, 503);
    received.rate_limit = "10";
    received.rate_remaining = "0";
    INFO(received.status);
    SECTION("something before Gate") {
        received.body = GENERATE(as<std::string_view>(), "", "<html>go away</html>", R"({"error": "no"})");
        const auto got = verify::decode(received, now);
        CHECK_FALSE(got.limit);
        CHECK_FALSE(got.remaining);
    }
    SECTION("Gate") {
        received.body = R"({"error": {"code": "some.error"}})";
        const auto got = verify::decode(received, now);
        CHECK(got.limit == 10U);
        CHECK(got.remaining == 0U);
    }
}

TEST_CASE("a date of Retry-After is one of Gate's clock") {
    verify::answer received;
    received.status = 429;
    received.body = R"({"error": {"code": "rate_limit.exceeded"}})";
    received.date = "Sun, 22 Nov 2026 12:00:00 GMT";
    received.retry_after = "Sun, 22 Nov 2026 12:00:20 GMT";
    const auto off = client::parse_http_date("Sun, 22 Nov 2026 12:01:00 GMT", {});
    CHECK(verify::decode(received, *off).retry_after == 20s);
    received.date = "yesterday";
    CHECK(verify::decode(received, *off).retry_after == 0s);
}

TEST_CASE("rule 25: no detail shows what Gate has sent, which may be the token") {
    const std::string token = "agt_secret";
    for (const auto& body : {token, "{\"" + token + "\": 1}", with_data("\"valid\": \"" + token + "\""),
                             with_data("\"valid\": true, \"status\": [\"" + token + "\"]"),
                             with_data("\"valid\": true, \"gate_account_id\": \" " + token + "\"")}) {
        for (const int status : {200, 401, 422, 500}) {
            INFO(status << " " << body);
            const auto got = decode(status, body);
            CHECK(got.verdict == verdict::unavailable);
            CHECK(got.detail.find(token) == std::string::npos);
        }
    }
}

TEST_CASE("an error's request id is taken only in Gate's own form") {
    const std::string id = "req_0123456789abcdef0123456789abcdef";
    CHECK(decode(500, R"({"error": {"request_id": ")" + id + "\"}}").request_id == id);
    for (const std::string other : {"req_0123", "req_0123456789ABCDEF0123456789abcdef", "x", "req_\\n"}) {
        CHECK(decode(500, R"({"error": {"request_id": ")" + other + "\"}}").request_id.empty());
    }
}

TEST_CASE("an expires_at that cannot be read shortens nothing") {
    const auto got =
        decode(200, with_data(R"("valid": true, "gate_account_id": "gacct_01", "expires_at": "tomorrow")"));
    CHECK(got.verdict == verdict::allow);
    CHECK_FALSE(got.expires_at);
}

TEST_CASE("the header fields of an answer are read") {
    verify::answer received;
    received.status = 429;
    received.retry_after = "Sun, 06 Nov 1994 08:49:47 GMT";
    received.rate_limit = "600";
    received.rate_remaining = "0";
    received.cache_control = "no-store, max-age=5";
    auto got = verify::decode(received, now);
    CHECK(got.retry_after == 10s);
    CHECK(got.limit == 600U);
    CHECK(got.remaining == 0U);
    CHECK(got.no_store);
    CHECK(got.max_age == 5s);
    CHECK_FALSE(got.has_garbage_max_age);

    received.cache_control = "max-age=soon";
    received.retry_after = "soon";
    received.body = R"({"error": {"code": "rate_limit.exceeded"}})";
    received.rate_limit = "-1";
    received.rate_remaining = "99999999999999999999";
    got = verify::decode(received, now);
    CHECK(got.retry_after == 0s);
    CHECK_FALSE(got.limit);
    CHECK(got.remaining == 1'000'000'000U);
    CHECK_FALSE(got.max_age);
    CHECK(got.has_garbage_max_age);
}
