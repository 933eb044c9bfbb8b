// The requests of a session, one after the other.
#include "session_fixture.hpp"

#include <catch.hpp>

using namespace gate;
using namespace std::chrono_literals;
using test::get;
using test::says_close;
using test::session_fixture;
using test::with_tokens;

TEST_CASE_METHOD(session_fixture, "a connection carries one request after the other") {
    for (int i = 0; i < 3; ++i) {
        send(get);
        until_asked();
        CHECK_FALSE(subject->is_idle());
        answer();
        CHECK_FALSE(says_close(last));
        until([this] { return subject->is_idle(); });
    }
    CHECK(upstream.fresh_leases == 3);
    CHECK_FALSE(subject->is_about_to_be_busy());
}

TEST_CASE_METHOD(session_fixture,
                 "a head may come in pieces, and its connection can be taken away meanwhile") {
    send(get.substr(0, 10));
    until([this] { return !subject->is_about_to_be_busy() && subject->is_idle(); });
    CHECK(upstream.fresh_leases == 0);
    send(get.substr(10));
    until_asked();
    CHECK_FALSE(subject->is_idle());
}

TEST_CASE_METHOD(session_fixture, "an empty line between two requests begins none") {
    send("\r\n");
    send(get);
    until_asked();
    answer();
    send("\r\n");
    until([this] { return !subject->is_about_to_be_busy(); });
    send(get);
    until_asked();
    answer();
}

TEST_CASE_METHOD(session_fixture, "requests that come together are served in turn") {
    send(get + "HEAD /second HTTP/1.1\r\nHost: a\r\n\r\n" + get.substr(0, 5));
    until_asked();
    answer();
    until_asked("HEAD /second ");
    answer();
    send(get.substr(5));
    until_asked();
    answer();
    CHECK(upstream.fresh_leases == 3);
}

TEST_CASE("the last request that a connection may carry says so") {
    auto options = with_tokens(config::auth_mode::optional);
    options.limits.requests_per_connection = 2;
    session_fixture f(options);
    f.send(get);
    f.until_asked();
    f.answer();
    CHECK_FALSE(says_close(f.last));
    f.send(get);
    f.until_asked();
    f.answer();
    CHECK(says_close(f.last));
    f.until([&] { return f.subject == nullptr; });
}

TEST_CASE("rule 24: a head that does not come in time is answered, and nothing at all is not") {
    auto options = with_tokens(config::auth_mode::optional);
    options.limits.header_timeout = 30ms;
    session_fixture f(options);
    const bool begun = GENERATE(false, true);
    if (begun) f.send("GET / HT");
    f.until([&] { return f.subject == nullptr || f.has_response("HTTP/1.1 408"); });
    CHECK((f.last.find("408") != std::string::npos) == begun);
    f.until([&] { return (void)f.has_response(""), f.is_closed; });
    CHECK(f.upstream.fresh_leases == 0);
}

TEST_CASE("a connection on which no further request comes is closed") {
    auto options = with_tokens(config::auth_mode::optional);
    options.limits.keep_alive_timeout = 30ms;
    session_fixture f(options);
    f.send(get);
    f.until_asked();
    f.answer();
    f.until([&] { return f.subject == nullptr; });
    f.until([&] { return (void)f.has_response(""), f.is_closed; });
}

TEST_CASE_METHOD(session_fixture,
                 "rule 24: a head that is too large is refused, and the client can read why") {
    send("GET / HTTP/1.1\r\nHost: a\r\nX-Big: ");
    for (int i = 0; i < 20; ++i) send(std::string(1024, 'x'));
    until([this] { return has_response("HTTP/1.1 431"); });
    CHECK(says_close(last));
    CHECK(subject != nullptr);  // it lingers
    send(std::string(1024, 'x'));
    client.shutdown(core::tcp_socket::shutdown_send);
    until([this] { return subject == nullptr; });
    CHECK_FALSE(is_reset);
}

TEST_CASE("rule 27: an idle connection is a stranger's until Gate has accepted a token that came on it") {
    session_fixture f;
    f.world.accept("agt_a");
    f.send(get);
    f.until_asked();
    f.answer();
    f.until([&] { return f.subject->is_idle(); });
    CHECK(f.world.where.idle.oldest_stranger() != core::never);
    CHECK(f.world.where.idle.oldest_known() == core::never);
    f.send("GET / HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer agt_a\r\n\r\n");
    f.until_asked();
    f.answer();
    f.until([&] { return f.subject->is_idle(); });
    CHECK(f.world.where.idle.oldest_stranger() == core::never);
    CHECK(f.world.where.idle.oldest_known() != core::never);
}
