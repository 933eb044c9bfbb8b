// The echo of `doctor --url`: who may use it, and what becomes of their requests.
#include "exchange_fixture.hpp"

#include <gate/proxy/echo.hpp>

#include <catch.hpp>
#include <vector>

using namespace gate;
using core::reason;
using test::exchange_fixture;

namespace {

const std::string nonce = "0123456789abcdef0123456789abcdef";
const std::string path = "/gate-sidecar-echo/" + nonce;

std::string get(const std::string& target, const std::string& fields = {}) {
    return "GET " + target + " HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n";
}

// A request, an echo beside the upstream, and an API that needs a token.
struct example {
    explicit example(const std::string& request) : f(request, config::auth_mode::required) {
        std::shared_ptr<protocol::outbound_source> places(
            &echoing, [this](protocol::outbound_source*) { is_gone = true; });
        own = std::make_shared<proxy::echo>(
            core::secret_string(nonce), proxy::upstream_place{places, f.where.current->upstreams[0].sharing});
        f.where.echo = &own;
    }
    bool is_echoed() {
        f.start();
        CHECK(f.upstream.fresh_leases == 0);
        if (echoing.fresh_leases == 0) return false;
        echoing.fresh.answer("HTTP/1.1 204 No Content\r\n\r\n");
        return true;
    }
    const std::string& sent() { return echoing.fresh.text; }

    bool is_gone = false;  // the echo, with all that belongs to it
    test::scripted_upstream echoing;
    std::shared_ptr<const proxy::echo> own;
    exchange_fixture f;
};

}  // namespace

TEST_CASE("a request that knows the nonce is answered by the echo, without a token") {
    for (const auto& target : std::vector<std::string>{path + "/echo", "/any/prefix" + path + "/echo",
                                                       path + "/", path + "/echo?q=1"}) {
        INFO(target);
        example e(get(target));
        CHECK(e.is_echoed());
        CHECK(e.f.client.status == 204);
    }
}

TEST_CASE("a request that does not know the nonce is none of the echo's") {
    auto wrong = nonce;
    wrong.back() = '0';
    const std::string longer = nonce + "0";
    for (const auto& target : std::vector<std::string>{
             "/gate-sidecar-echo/" + wrong + "/echo", "/gate-sidecar-echo/" + longer + "/echo",
             "/gate-sidecar-echo//echo", "/gate-sidecar-echo/" + nonce, "/" + nonce + "/echo",
             "/gate-sidecar-echo/" + nonce + "/a/b", "/", "/x?" + path + "/echo",
             "/Gate-Sidecar-Echo/" + nonce + "/echo"}) {
        INFO(target);
        example e(get(target));
        CHECK_FALSE(e.is_echoed());
        CHECK(e.f.client.reply == reason::token_missing);
    }
}

TEST_CASE("without an echo nothing is different about its path") {
    exchange_fixture f(get(path + "/echo"), config::auth_mode::required);
    f.start();
    CHECK(f.client.reply == reason::token_missing);
}

TEST_CASE("rule 2: the echo sees what an upstream would see, and the names of what was removed") {
    example e(get(path + "/echo",
                  "X-Gate-Account-Id: gacct_a\r\nx_gate.account-id: gacct_b\r\nX-Gate-Removed: forged\r\n"
                  "X-Other: c\r\n"));
    CHECK(e.is_echoed());
    CHECK(e.sent().find("gacct_") == std::string::npos);
    CHECK(e.sent().find("forged") == std::string::npos);
    CHECK(e.sent().find("\r\nX-Other: c\r\n") != std::string::npos);
    CHECK(e.sent().ends_with(
        "\r\nX-Gate-Removed: X-Gate-Account-Id, x_gate.account-id, X-Gate-Removed\r\n\r\n"));
}

TEST_CASE("what goes to the upstream never says what was removed") {
    exchange_fixture f(get("/", "X-Gate-Account-Id: gacct_a\r\n"));
    f.start();
    CHECK(f.upstream.fresh.text.find("X-Gate") == std::string::npos);
    f.upstream.fresh.answer("HTTP/1.1 204 No Content\r\n\r\n");
}

TEST_CASE("an agent token neither is verified for the echo nor reaches it") {
    for (const auto* what : {"/echo", "/refused"}) {
        example e(get(path + what, "Authorization: Bearer agt_somebody\r\n"));
        const bool is_echoed = e.is_echoed();
        CHECK(is_echoed == (std::string_view(what) == "/echo"));
        CHECK(e.f.has_ended);  // nobody was waited for
        CHECK(e.sent().find("agt_") == std::string::npos);
        CHECK_FALSE(e.f.subject.has_shown_token());
    }
}

TEST_CASE("a path below the nonce refuses like every path that needs a token, whatever the mode is") {
    example e(get(path + "/refused"));
    e.f.world.configure(test::options_of(config::auth_mode::optional, std::chrono::seconds(1)));
    CHECK_FALSE(e.is_echoed());
    CHECK(e.f.client.status == 401);
    CHECK(e.f.client.reply == reason::token_missing);
}

TEST_CASE("an echo that has been closed meanwhile lives as long as what it answers") {
    example e(get(path + "/echo"));
    e.f.start();
    e.f.where.echo = nullptr;
    e.own = nullptr;
    REQUIRE_FALSE(e.is_gone);
    e.echoing.fresh.answer("HTTP/1.1 204 No Content\r\n\r\n");
    CHECK(e.f.client.status == 204);
}
