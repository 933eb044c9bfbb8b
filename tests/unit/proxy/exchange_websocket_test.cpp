// A WebSocket in an exchange: the heads are scripted, what follows them goes over real connections.
#include "exchange_fixture.hpp"

#include <catch.hpp>
#include <string>

using namespace gate;
using namespace std::string_literals;
using core::reason;
using test::exchange_fixture;

namespace {

const auto upgrade =
    "GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"s;
constexpr auto switching =
    "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";
const std::string message = "\x81\x05hello";
const std::string close_1008 = "\x88\x02\x03\xf0";
const std::string close_1001 = "\x88\x02\x03\xe9";

struct fixture : exchange_fixture {
    test::connection down{world.on};
    test::connection up{world.on};
    std::string to_client;
    std::string to_upstream;

    explicit fixture(const std::string& fields = {}, config::auth_mode mode = config::auth_mode::optional)
        : exchange_fixture(upgrade + fields + "\r\n", mode) {
        client.raw = down.ours.get();
        upstream.fresh.raw = up.ours.get();
    }
    ~fixture() {
        down.ours->cut();
        up.ours->cut();
        if (client.status == 101) world.on.run_until([this] { return has_ended; });
    }

    void switch_protocols() {
        start();
        upstream.fresh.answer(switching);
    }
    bool client_has(const std::string& text) {
        to_client += down.received();
        return to_client == text;
    }
    bool upstream_has(const std::string& text) {
        to_upstream += up.received();
        return to_upstream == text;
    }
    void run_until(const std::function<bool()>& done) { world.on.run_until(done); }
};

struct fixture_with_token : fixture {
    fixture_with_token() : fixture("Authorization: Bearer agt_a\r\n", config::auth_mode::required) {
        world.accept("agt_a");
        switch_protocols();
        run_until([this] { return client_has("switched;"); });
    }
};

}  // namespace

TEST_CASE_METHOD(fixture, "an accepted upgrade is passed on, and then bytes pass both ways") {
    switch_protocols();
    CHECK(upstream.fresh.text.find("Upgrade: websocket\r\n") != std::string::npos);
    CHECK(client.status == 101);
    run_until([this] { return client_has("switched;"); });
    down.send(message);
    up.send(message + message);
    run_until([this] { return client_has("switched;" + message + message) && upstream_has(message); });
    CHECK_FALSE(has_ended);
}

TEST_CASE_METHOD(fixture, "what has come together with the heads is not lost") {
    client.raw_rest = message;
    upstream.fresh.raw_rest = message + message;
    switch_protocols();
    run_until([this] { return client_has("switched;" + message + message) && upstream_has(message); });
}

TEST_CASE_METHOD(fixture, "a WebSocket ends when a side ends it, and its place is not kept") {
    switch_protocols();
    run_until([this] { return client_has("switched;"); });
    up.peer.close();
    down.peer.close();
    run_until([this] { return has_ended; });
    CHECK_FALSE(upstream.fresh.is_kept);
    CHECK(upstream.fresh.has_left);
    CHECK(client.was_reset == reason::none);
}

TEST_CASE_METHOD(fixture, "an upgrade that the upstream refuses is a response like any other") {
    start();
    upstream.fresh.answer("HTTP/1.1 426 Upgrade Required\r\nContent-Length: 2\r\n\r\n");
    upstream.fresh.in.put("no", true);
    CHECK(has_ended);
    CHECK(client.status == 426);
    CHECK(client.out.body == "no");
    CHECK(upstream.fresh.is_kept);
}

TEST_CASE_METHOD(fixture, "rule 20: a 101 to something else than what was asked for is no upgrade") {
    const auto* const other = GENERATE("", "Upgrade: h2c\r\n", "Upgrade: websocket2\r\n");
    start();
    upstream.fresh.answer("HTTP/1.1 101 Switching Protocols\r\n"s + other + "\r\n");
    CHECK(client.status == 502);
    CHECK(client.reply == reason::upstream_bad_response);
    CHECK_FALSE(upstream.fresh.is_kept);
}

TEST_CASE_METHOD(fixture_with_token, "rule 29: a WebSocket whose token is revoked is told so, and ends") {
    world.revoke("agt_a");
    subject.look_at_token(core::clock::now(), true);
    up.send(message);  // too late
    down.send("\x88\x82"s + std::string(4, '\0') + "\x03\xf0");
    run_until([this] { return has_ended; });
    run_until([this] { return client_has("switched;" + close_1008); });
}

TEST_CASE_METHOD(fixture_with_token, "a WebSocket is told that the program ends") {
    subject.drain();
    run_until([this] { return client_has("switched;" + close_1001); });
}
