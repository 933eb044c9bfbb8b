#include "gate_verifier_fixture.hpp"

#include <gate/verify/revocation.hpp>

using namespace gate;
using namespace std::chrono_literals;
using core::reason;
using verify::revocation;
using verify::revocation_result;

namespace {

core::task<> store(core::task<revocation> work, std::optional<revocation>& out) {
    out = co_await std::move(work);
}

revocation revoke_at(const scripted_server& gate, std::string field = "agent_token") {
    core::asio::io_context context{1};
    config::gate_options options;
    options.base_url = {false, "127.0.0.1", gate.port(), "/base"};
    options.token_field = std::move(field);
    std::optional<revocation> out;
    core::spawn(store(verify::revoke(context.get_executor(), options, nullptr, "1.2.3",
                                     core::secret_string("sk_test_secret"), core::secret_string("agt_token"),
                                     core::clock::now() + 60s),
                      out));
    context.run();
    REQUIRE(out);
    return *out;
}

revocation revoke_answered(std::string answer) {
    const scripted_server gate({say(std::move(answer))});
    return revoke_at(gate);
}

std::string error_answer(int status, const std::string& fields = {}) {
    return response(status, R"({"error": {"code": "x", "message": "agt_token", "status": 1}})", fields);
}

}  // namespace

TEST_CASE("the revoke call goes to its own path, with the key and the token") {
    const scripted_server gate({say("HTTP/1.1 204 No Content\r\n\r\n")});
    const auto got = revoke_at(gate, "token");
    CHECK(got.result == revocation_result::revoked);
    REQUIRE(gate.requests().size() == 1);
    const auto request = gate.requests().front();
    CHECK(request.starts_with("POST /base/v1/gate/agent-tokens/revoke HTTP/1.1\r\n"));
    CHECK(request.find("\r\nAuthorization: Bearer sk_test_secret\r\n") != std::string::npos);
    CHECK(request.ends_with("\r\n\r\n{\"token\":\"agt_token\"}"));
}

TEST_CASE("what Gate's answers to a revocation mean") {
    const auto [answer, what, why] = GENERATE(table<std::string, revocation_result, reason>({
        {"HTTP/1.1 204 No Content\r\n\r\n", revocation_result::revoked, reason::token_revoked},
        {error_answer(404), revocation_result::unknown_token, reason::token_invalid},
        {response(404, "<html>nothing here</html>"), revocation_result::failed, reason::gate_bad_answer},
        {response(401, "<html>log in</html>"), revocation_result::failed, reason::gate_bad_answer},
        {error_answer(401), revocation_result::failed, reason::gate_key_refused},
        {error_answer(403), revocation_result::failed, reason::gate_key_refused},
        {error_answer(422), revocation_result::failed, reason::gate_form_refused},
        {error_answer(429), revocation_result::failed, reason::gate_rate_limited},
        {error_answer(500), revocation_result::failed, reason::gate_failing},
        {error_answer(503), revocation_result::failed, reason::gate_failing},
        {response(200, "{}"), revocation_result::failed, reason::gate_bad_answer},
        {good_answer(), revocation_result::failed, reason::gate_bad_answer},
        {response(200, R"({"data": {"valid": false}})"), revocation_result::failed, reason::gate_bad_answer},
        {response(302, "", "Location: /\r\n"), revocation_result::failed, reason::gate_bad_answer},
        {"nonsense\r\n\r\n", revocation_result::failed, reason::gate_bad_answer},
    }));
    INFO(answer);
    const auto got = revoke_answered(answer);
    CHECK(got.result == what);
    CHECK(got.reason == why);
    CHECK(got.detail.find("agt_token") == std::string::npos);
}

TEST_CASE("Gate's Retry-After comes with a revocation that it had no room for") {
    CHECK(revoke_answered(error_answer(429, "Retry-After: 17\r\n")).retry_after == 17s);
}

TEST_CASE("a Gate that resets the connection has not revoked, and is asked once") {
    const scripted_server gate({reset()});
    const auto got = revoke_at(gate);
    CHECK(got.result == revocation_result::failed);
    CHECK(got.reason == reason::gate_unreachable);
    CHECK(gate.connections() == 1);
}
