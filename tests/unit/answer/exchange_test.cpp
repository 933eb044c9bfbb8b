// A question with its answer, decided by the real access, without a socket.

#include "exchange_fixture.hpp"

#include <catch.hpp>

namespace {

using namespace gate;
using core::reason;
using test::asked_by_path;
using test::exchange_fixture;

std::string asking_for(std::string_view target, std::string_view fields = "",
                       std::string_view method = "GET") {
    return std::string(method) + " " + std::string(target) + " HTTP/1.1\r\nHost: api.test\r\n" +
           std::string(fields) + "\r\n";
}
std::string with_token(std::string_view target = "/auth/orders") {
    return asking_for(target, "Authorization: Bearer agt_known\r\n");
}

config::config with_route(std::string path, config::access_level needs) {
    auto options = asked_by_path();
    options.routes.push_back({.name = "the-route", .paths = {std::move(path)}, .auth = needs});
    return options;
}

TEST_CASE("a token that is known passes, with its account") {
    exchange_fixture f(with_token());
    f.know("agt_known", "gacct_7");
    f.start();
    REQUIRE(f.has_ended);
    CHECK(f.proxy.status == 200);
    CHECK(f.proxy.reply_lines.find("X-Gate-Account-Id: gacct_7\r\n") != std::string::npos);
    CHECK(f.gate.calls == 0);
    CHECK(f.line().account_id == "gacct_7");
    CHECK(f.line().path == "/orders");
    CHECK(f.line().decision == reason::token_verified);
}

TEST_CASE("the token is named for removal, whether its account is told or not") {
    exchange_fixture f(with_token());
    f.know("agt_known");
    f.start();
    CHECK(f.proxy.reply_lines.find("authorization") != std::string::npos);
}

TEST_CASE("without a token the answer is 401, and no identity is told") {
    exchange_fixture f(asking_for("/auth/orders"));
    f.start();
    REQUIRE(f.has_ended);
    CHECK(f.proxy.status == 401);
    CHECK(f.proxy.reply == reason::token_missing);
    CHECK(f.proxy.reply_lines.find("X-Gate-Account-Id") == std::string::npos);
    CHECK_FALSE(f.proxy.reply_closes);
}

TEST_CASE("rule 2: who is not among answer.trusted_peers is told nothing") {
    exchange_fixture f(with_token());
    f.know("agt_known");
    f.be_a_stranger();
    f.start();
    CHECK(f.proxy.status == 403);
    CHECK(f.proxy.reply == reason::peer_not_trusted);
    CHECK(f.proxy.reply_lines.empty());
}

TEST_CASE("the answer waits for Gate, and tells what Gate says") {
    exchange_fixture f(with_token());
    f.start();
    REQUIRE_FALSE(f.has_ended);
    REQUIRE(f.gate.is_asked());
    SECTION("a good token") {
        f.gate.accept("gacct_9");
        f.run_until_end();
        CHECK(f.proxy.status == 200);
        CHECK(f.proxy.reply_lines.find("gacct_9") != std::string::npos);
    }
    SECTION("a failure: never 200, never 401") {
        f.gate.fail(reason::gate_unreachable);
        f.run_until_end();
        CHECK(f.proxy.status == 503);
        CHECK(f.proxy.reply_lines.empty());
        CHECK(f.proxy.retry_after > 0);
    }
}

TEST_CASE("a failure of Gate is 429 for proxies that take 503 for their own") {
    auto options = asked_by_path();
    options.answer.unavailable = 429;
    exchange_fixture f(with_token(), std::move(options));
    f.start();
    f.gate.fail(reason::gate_unreachable);
    f.run_until_end();
    CHECK(f.proxy.status == 429);
}

TEST_CASE("a token that was revoked, or whose account is blocked, does not pass") {
    exchange_fixture f(with_token());
    f.know("agt_known", "gacct_3");
    SECTION("revoked") {
        f.revoke("agt_known");
        f.start();
        CHECK(f.proxy.status == 401);
        CHECK(f.proxy.reply == reason::token_revoked);
    }
    SECTION("blocked") {
        f.block("gacct_3");
        f.start();
        CHECK(f.proxy.status == 403);
        CHECK(f.proxy.reply == reason::account_blocked);
    }
    CHECK(f.proxy.reply_lines.find("gacct_3") == std::string::npos);
}

TEST_CASE("a route decides about the original path") {
    SECTION("open") {
        exchange_fixture f(asking_for("/auth/open"), with_route("/open", config::access_level::none));
        f.start();
        CHECK(f.proxy.status == 200);
        CHECK(f.line().route == "the-route");
    }
    SECTION("open, and the path around it is not") {
        exchange_fixture f(asking_for("/auth/open/../orders"),
                           with_route("/open", config::access_level::none));
        f.start();
        CHECK(f.proxy.status != 200);
    }
    SECTION("denied, with a good token too") {
        exchange_fixture f(with_token("/auth/inner"), with_route("/inner", config::access_level::deny));
        f.know("agt_known");
        f.start();
        CHECK(f.proxy.status == 403);
        CHECK(f.proxy.reply == reason::path_denied);
    }
}

TEST_CASE("a token that is good does not open an answer of refusal") {
    exchange_fixture f(with_token("/refuse/orders"));
    f.know("agt_known");
    f.start();
    CHECK(f.proxy.status == 503);
    CHECK(f.proxy.reply == reason::decision_changed);
}

TEST_CASE("rule 4: fields that a proxy has joined are no token") {
    exchange_fixture f(asking_for("/auth/a", "Authorization: Bearer agt_known, Bearer agt_other\r\n"));
    f.know("agt_known");
    f.start();
    CHECK(f.proxy.status >= 400);
    CHECK(f.proxy.reply_lines.empty());
}

TEST_CASE("another path is no question") {
    exchange_fixture f(with_token("/orders"));
    f.know("agt_known");
    f.start();
    CHECK(f.proxy.status == 404);
    CHECK(f.proxy.reply == reason::path_unknown);
}

TEST_CASE("a head that is not acceptable is answered, and closes the connection") {
    exchange_fixture f(with_token());
    f.start(reason::head_too_large);
    CHECK(f.proxy.status == 431);
    CHECK(f.proxy.reply_closes);
    CHECK(f.line().decision == reason::none);
    CHECK(f.line().failure == reason::head_too_large);
}

TEST_CASE("a proxy that takes no byte is given up") {
    exchange_fixture f(with_token());
    f.know("agt_known");
    f.proxy.out.blocks = true;
    f.start();
    REQUIRE_FALSE(f.has_ended);
    SECTION("it takes it later") {
        f.proxy.out.unblock();
        CHECK(f.proxy.out.is_complete);
        CHECK(f.proxy.was_reset == reason::none);
    }
    SECTION("it goes away") {
        f.proxy.out.fails = true;
        f.proxy.out.unblock();
        CHECK(f.proxy.was_reset == reason::client_gone);
    }
    SECTION("the worker ends") {
        f.subject.cut(reason::draining);
        CHECK(f.proxy.was_reset == reason::draining);
    }
    CHECK(f.has_ended);
    CHECK(f.log.lines.size() == 1);
}

TEST_CASE("want of memory is an answer, or a cut, and never 200") {
    exchange_fixture f(with_token());
    f.know("agt_known");
    f.proxy.lacks_memory = true;
    f.start();
    REQUIRE(f.has_ended);
    CHECK(f.proxy.status == 0);
    CHECK(f.proxy.was_reset == reason::internal_error);
    CHECK(f.subject.surprise() != nullptr);
}

TEST_CASE("a route keeps what succeeds out of the log, and nothing else") {
    auto options = with_route("/open", config::access_level::optional);
    options.routes[0].log = false;
    SECTION("allowed") {
        exchange_fixture f(asking_for("/auth/open"), options);
        f.start();
        CHECK_FALSE(f.line().is_wanted);
    }
    SECTION("refused") {
        exchange_fixture f(asking_for("/auth/open", "Authorization: Bearer agt_known\r\n"), options);
        f.revoke("agt_known");
        f.start();
        CHECK(f.line().is_wanted);
    }
}

}  // namespace
