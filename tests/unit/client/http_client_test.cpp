#include "http_client_fixture.hpp"

#include <gate/client/answer_times.hpp>

#include <boost/asio/write.hpp>

#include <algorithm>
#include <array>
#include <functional>

using namespace gate;
using namespace std::chrono_literals;
using client::failure;

namespace {

// A server on the test's own thread that answers when the test says so.
struct held_server {
    explicit held_server(core::asio::io_context& on)
        : context(on), acceptor(on.get_executor(), {core::asio::ip::address_v4::loopback(), 0}) {
        acceptor.non_blocking(true);
    }

    std::uint16_t port() const { return acceptor.local_endpoint().port(); }

    core::tcp_socket accept_request() {
        core::tcp_socket peer(context.get_executor());
        core::error_code ec;
        run_until([&] {
            acceptor.accept(peer, ec);
            return !ec;
        });
        wait_for_request(peer);
        return peer;
    }
    void wait_for_request(core::tcp_socket& peer) {
        run_until([&] { return peer.available() != 0; });
        std::string request(peer.available(), '\0');
        peer.read_some(core::asio::buffer(request));
    }
    void run_until(const std::function<bool()>& done) {
        const auto end = core::clock::now() + 20s;
        context.restart();
        while (!done()) {
            REQUIRE(core::clock::now() < end);
            context.run_for(1ms);
        }
    }
    static void answer(core::tcp_socket& peer, const std::string& text) {
        core::asio::write(peer, core::asio::buffer(text));
    }

    core::asio::io_context& context;
    core::tcp_acceptor acceptor;
};

}  // namespace

TEST_CASE_METHOD(http_client_fixture, "a call sends its request, and returns status, fields and body") {
    scripted_server peer({say(response(404, "none", "X-A: 1\r\nx-a: 2\r\nX-B: 3\r\n"))});
    const std::array<client::field, 1> fields{{{"Accept", "text/plain"}}};
    what = {.method = "POST", .target = "/a", .bearer = "secret", .fields = fields, .body = "hello"};
    connect_to(peer.port());
    const auto got = call();
    CHECK(got.problem.kind == failure::none);
    CHECK(got.times_sent == 1);
    CHECK_FALSE(got.repeated);
    CHECK(got.answer.status() == 404);
    CHECK(got.answer.body == "none");
    CHECK(got.answer.field("x-b") == "3");
    CHECK(got.answer.field("X-C").empty());
    CHECK(got.answer.field("X-A") == "1");
    CHECK(got.answer.joined("X-A") == "1, 2");
    CHECK(peer.requests().at(0) == "POST /a HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(peer.port()) +
                                       "\r\nAuthorization: Bearer secret\r\nAccept: text/plain\r\n"
                                       "Content-Length: 5\r\n\r\nhello");
}

TEST_CASE_METHOD(http_client_fixture, "a connection is used again, unless none is kept") {
    scripted_server peer({say(response(200, ""))});
    SECTION("as a rule") {
        connect_to(peer.port());
        for (int i = 0; i < 3; ++i) CHECK(call().answer.status() == 200);
        CHECK(peer.connections() == 1);
        CHECK(subject->idle_connections() == 1);
    }
    SECTION("none kept") {
        options.max_idle = 0;
        connect_to(peer.port());
        call();
        CHECK(subject->idle_connections() == 0);
        call();
        CHECK(peer.connections() == 2);
    }
}

TEST_CASE_METHOD(http_client_fixture, "a call may ask for a fresh connection") {
    held_server server(context);
    connect_to(server.port());
    std::optional<outcome> first;
    begin(first);
    auto kept = server.accept_request();
    held_server::answer(kept, response(200, ""));
    finish(first);
    which = client::connection_choice::fresh;
    std::optional<outcome> second;
    begin(second);
    auto fresh = server.accept_request();
    held_server::answer(fresh, response(200, "fresh"));
    finish(second);
    CHECK(second->answer.body == "fresh");
    CHECK(kept.available() == 0);
    CHECK(subject->idle_connections() == 2);
}

TEST_CASE_METHOD(http_client_fixture, "an idle connection is closed after its time") {
    scripted_server peer({say(response(200, ""))});
    options.idle_timeout = 1ms;
    connect_to(peer.port());
    call();
    context.restart();
    context.run();  // ends when the sweep has nothing left to do
    CHECK(subject->idle_connections() == 0);
}

TEST_CASE_METHOD(
    http_client_fixture,
    "rule 23: a call is repeated once, where a kept connection died before any byte of an answer") {
    SECTION("and answered") {
        scripted_server peer({say(response(200, "")), reset(), say(response(200, "second"))});
        connect_to(peer.port());
        call();
        const auto got = call();
        CHECK(got.answer.body == "second");
        CHECK(got.times_sent == 2);
        CHECK(got.repeated);
    }
    SECTION("and not twice") {
        scripted_server peer({say(response(200, "")), reset()});
        connect_to(peer.port());
        call();
        const auto got = call();
        CHECK(got.problem.kind == failure::unreachable);
        CHECK(got.times_sent == 2);
        CHECK(peer.requests().size() == 3);
    }
    SECTION("not on a fresh connection") {
        scripted_server peer({reset()});
        connect_to(peer.port());
        CHECK(call().times_sent == 1);
    }
    SECTION("not after a byte") {
        scripted_server peer({say(response(200, "")), say_and_close("H")});
        connect_to(peer.port());
        call();
        CHECK(call().times_sent == 1);
    }
    SECTION("not after the deadline") {
        scripted_server peer({say(response(200, "")), hang(), say(response(200, ""))});
        connect_to(peer.port());
        call();
        const auto got = call(50ms);
        CHECK(got.problem.kind == failure::timed_out);
        CHECK(got.times_sent == 1);
        CHECK(call().problem.kind == failure::none);
        CHECK(peer.connections() == 2);  // none was opened in between, to be told nothing
    }
}

TEST_CASE_METHOD(http_client_fixture,
                 "a call that may not be sent any more is held back, and its connection kept") {
    scripted_server peer({say(response(200, ""))});
    options.may_send = [] { return false; };
    connect_to(peer.port());
    const auto got = call();
    CHECK(got.problem.kind == failure::held_back);
    CHECK(got.times_sent == 0);
    CHECK(subject->idle_connections() == 1);
    CHECK(peer.requests().empty());
}

TEST_CASE_METHOD(http_client_fixture, "closing ends the calls under way, and lets none begin") {
    scripted_server peer({hang()});
    connect_to(peer.port());
    std::optional<outcome> out;
    begin(out);
    context.restart();
    while (peer.requests().empty()) context.run_for(1ms);
    subject->close();
    finish(out);
    CHECK(out->problem.kind == failure::timed_out);
    CHECK(call().problem.kind == failure::closing);
    CHECK(peer.connections() == 1);
}

TEST_CASE_METHOD(http_client_fixture, "closing ends a call whose connection still settles") {
    scripted_server peer({say(response(200, "")), hang()});
    connect_to(peer.port());
    CHECK(call().problem.kind == failure::none);
    std::optional<outcome> out;
    begin(out);
    subject->close();
    const auto closed = core::clock::now();
    finish(out);
    CHECK(out->problem.kind == failure::timed_out);
    CHECK(core::clock::now() - closed < 10s);
}

TEST_CASE_METHOD(http_client_fixture, "closing ends a call that has no deadline") {
    scripted_server peer({hang()});
    connect_to(peer.port());
    std::optional<outcome> out;
    core::spawn(store(subject->call(what, core::never, which), out));
    context.restart();
    while (peer.requests().empty()) context.run_for(1ms);
    subject->close();
    finish(out);
    CHECK(out->problem.kind == failure::timed_out);
}

TEST_CASE_METHOD(http_client_fixture, "a call whose time is over before it begins ends without a request") {
    scripted_server peer({say(response(200, ""))});
    connect_to(peer.port());
    CHECK(call(0ms).problem.kind == failure::timed_out);
    CHECK(peer.requests().empty());
}

TEST_CASE_METHOD(http_client_fixture, "nobody listening is unreachable") {
    core::tcp_acceptor taken(context.get_executor(), {core::asio::ip::address_v4::loopback(), 0});
    const auto port = taken.local_endpoint().port();
    taken.close();
    connect_to(port);
    const auto got = call();
    CHECK(got.problem.kind == failure::unreachable);
    CHECK(got.problem.detail == core::error_code(core::asio::error::connection_refused).message());
}

TEST_CASE_METHOD(http_client_fixture, "a peer is found by name, and one without an address is unreachable") {
    scripted_server peer({say(response(200, ""))});
    peer_url.host = "localhost";
    connect_to(peer.port());
    CHECK(call().answer.status() == 200);
    peer_url.host = "gate.invalid";
    connect_to(1);
    CHECK(call().problem.kind != failure::none);
}

TEST_CASE_METHOD(http_client_fixture,
                 "rule 17: in the clear another host is called only where that is asked for") {
    const auto refused = core::error_code(core::asio::error::access_denied).message();
    peer_url.host = "192.0.2.1";
    connect_to(80);
    CHECK(call().problem.detail == refused);
    options.plain = client::clear_text::anywhere;
    connect_to(80);
    CHECK(call(20ms).problem.detail != refused);
}

TEST_CASE_METHOD(http_client_fixture, "a request that cannot be written is not sent") {
    scripted_server peer({say(response(200, ""))});
    what.target = "/\r\nX-Evil: 1";
    connect_to(peer.port());
    const auto got = call();
    CHECK(got.problem.kind == failure::unsendable);
    CHECK(got.times_sent == 0);
    CHECK(peer.connections() == 0);
}

TEST_CASE_METHOD(http_client_fixture,
                 "rule 30: after an answer that came early a connection rests for as long as others took") {
    held_server server(context);
    connect_to(server.port());
    std::optional<outcome> slow;
    begin(slow);
    auto peer = server.accept_request();
    const auto asked = core::clock::now();
    // Each further call waits until its connection has settled, and only then reaches the server: so long the
    // first one has to wait for its answer.
    for (int i = 0; i < 6; ++i) {
        std::optional<outcome> other;
        begin(other);
        auto its_peer = server.accept_request();
        held_server::answer(its_peer, response(200, "", "Connection: close\r\n"));
        finish(other);
    }
    const auto took = core::clock::now() - asked;
    REQUIRE(took >= 6 * client::quiet_time);
    held_server::answer(peer, response(200, ""));
    finish(slow);
    REQUIRE(subject->idle_connections() == 1);

    const auto began = core::clock::now();
    auto last_asked = began;
    for (int i = 0; i < 2; ++i) {
        std::optional<outcome> early;
        begin(early);
        server.wait_for_request(peer);
        last_asked = core::clock::now();
        held_server::answer(peer, response(200, ""));
        finish(early);
    }
    const core::time_point::duration most = client::longest_rest;
    CHECK(last_asked >= began + std::min(took, most));
}
