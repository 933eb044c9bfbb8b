// How a session ends.
#include "session_fixture.hpp"

#include <catch.hpp>

using namespace gate;
using namespace std::chrono_literals;
using test::get;
using test::says_close;
using test::session_fixture;
using test::with_tokens;

namespace {

const std::string post_of_ten = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n";
const std::string post_of_much = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000000\r\n\r\n";

}  // namespace

TEST_CASE_METHOD(session_fixture,
                 "a client that leaves before its head is whole ends the session, with no answer") {
    SECTION("having sent nothing") {}
    SECTION("in the middle, by a reset") {
        send("GET / HT");
        until([this] { return !subject->is_about_to_be_busy(); });
        client.set_option(boost::asio::socket_base::linger(true, 0));
    }
    client.close();
    until([this] { return subject == nullptr; });
    CHECK(failures == 0);
}

TEST_CASE("rule 22: what is left of a refused request's body is read, and the connection kept") {
    session_fixture f(with_tokens(config::auth_mode::required));
    f.send(post_of_ten);
    f.until([&] { return f.has_response("HTTP/1.1 401"); });
    CHECK_FALSE(says_close(f.last));
    CHECK(f.subject->is_idle());  // meanwhile a newcomer may have its place
    f.send("0123456789" + get);
    f.received.erase(0, f.received.find("HTTP/1.1"));  // the text of the first answer
    f.until([&] { return f.has_response("HTTP/1.1 401"); });
}

TEST_CASE("rule 22: a refused request with a large body is the last of its connection") {
    session_fixture f(with_tokens(config::auth_mode::required));
    f.send(post_of_much);
    f.until([&] { return f.has_response("HTTP/1.1 401"); });
    CHECK(says_close(f.last));
    f.until([&] { return (void)f.has_response(""), f.is_closed; });
    CHECK(f.subject != nullptr);
}

TEST_CASE_METHOD(session_fixture, "rule 26: what is cut is seen to be cut") {
    send(get);
    until_asked();
    place.answer("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n");
    until([this] { return has_response("HTTP/1.1 200"); });
    place.in.put("hello", false);
    subject->cut();
    place.settle();
    until([this] { return subject == nullptr; });
    until([this] { return (void)has_response("!"), is_closed || is_reset; });
    CHECK(is_reset);
    CHECK(place.is_cancelled);
}

TEST_CASE_METHOD(session_fixture, "a cut ends an idle connection at once") {
    const bool used = GENERATE(false, true);
    if (used) {
        send(get);
        until_asked();
        answer();
        until([this] { return subject->is_idle(); });
    }
    subject->cut();
    CHECK(subject == nullptr);
}

TEST_CASE_METHOD(session_fixture,
                 "a drain ends an idle connection at once, and a busy one after its response") {
    SECTION("idle") {
        world.where.draining = true;
        subject->drain();
        CHECK(subject == nullptr);
    }
    SECTION("a request has come") {
        send(get);
        until([this] { return subject->is_about_to_be_busy(); });
        world.where.draining = true;
        subject->drain();
        until_asked();
        answer();
        CHECK(says_close(last));
        client.shutdown(core::tcp_socket::shutdown_send);
        until([this] { return subject == nullptr; });
    }
    SECTION("busy") {
        send(get);
        until_asked();
        world.where.draining = true;
        subject->drain();
        answer();
        CHECK(says_close(last));
        client.shutdown(core::tcp_socket::shutdown_send);
        until([this] { return subject == nullptr; });
    }
}

TEST_CASE_METHOD(session_fixture, "rule 27: an idle connection makes way at once, and half a head too") {
    SECTION("nothing has come") {
        subject->make_way();
        CHECK(subject == nullptr);
    }
    SECTION("half a head, that came with the request before") {
        send(get + "GET / HT");
        until_asked();
        answer();
        until([this] { return subject->is_idle(); });
        subject->make_way();
        until([this] { return subject == nullptr; });
    }
    SECTION("half a head") {
        send("GET / HT");
        until([this] { return !subject->is_about_to_be_busy(); });
        subject->make_way();
        until([this] { return subject == nullptr; });
    }
    CHECK(released == 0);
}

TEST_CASE("rule 27: who has been refused for good makes way, and may read the answer if few do so") {
    session_fixture f(with_tokens(config::auth_mode::required));
    const bool has_room = GENERATE(true, false);
    f.places_to_leave = has_room ? 1 : 0;
    f.send(post_of_much);
    f.until([&] { return f.subject->is_idle() && f.has_response("HTTP/1.1 401"); });
    f.subject->make_way();
    CHECK(f.released == 1);
    REQUIRE((f.subject != nullptr) == has_room);
    if (!has_room) return;
    CHECK_FALSE(f.subject->is_idle());  // it makes way once
    f.client.shutdown(core::tcp_socket::shutdown_send);
    f.until([&] { return f.subject == nullptr; });
}

TEST_CASE("rule 13: a session ends what its token allowed once that is revoked") {
    const bool by_round = GENERATE(false, true);
    session_fixture f(with_tokens(config::auth_mode::required));
    f.world.accept("agt_a");
    f.send("GET / HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer agt_a\r\n\r\n");
    f.until_asked();
    f.place.answer("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n");
    f.until([&] { return f.has_response("HTTP/1.1 200"); });
    f.subject->look_at_token(core::clock::now(), true);
    f.subject->look_at_revocation(core::clock::now());
    CHECK_FALSE(f.place.is_cancelled);
    f.world.revoke("agt_a");
    if (by_round) {
        f.subject->look_at_token(core::clock::now(), true);
    } else {
        f.subject->look_at_revocation(core::clock::now());
    }
    f.place.settle();
    f.until([&] { return f.subject == nullptr; });
    f.until([&] { return (void)f.has_response("!"), f.is_closed || f.is_reset; });
    CHECK(f.is_reset);
}
