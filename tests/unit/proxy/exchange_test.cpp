#include "exchange_fixture.hpp"

#include <catch.hpp>

using namespace gate;
using core::reason;
using test::exchange_fixture;

namespace {

constexpr auto ok_of_two = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n";
constexpr auto post_of_ten = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n";

}  // namespace

TEST_CASE("a request is passed on, its response is passed back, and its place is kept") {
    exchange_fixture f;
    f.upstream.has_idle = true;
    auto& up = f.upstream.idle.place;
    f.start();
    CHECK(up.text.starts_with("GET / HTTP/1.1\r\nHost: a\r\n"));
    up.answer(ok_of_two);
    CHECK(f.client.status == 200);
    up.in.put("ok", true);
    CHECK(f.has_ended);
    CHECK(f.client.out.body == "ok");
    CHECK(f.client.out.is_complete);
    CHECK(up.is_kept);
    CHECK(up.has_left);
    CHECK_FALSE(f.client.is_watched());
}

TEST_CASE("a request whose head is no good is answered without the upstream") {
    exchange_fixture f;
    f.start(reason::bad_request_line);
    CHECK(f.client.status == 400);
    CHECK(f.client.reply_closes);
    CHECK(f.upstream.fresh_leases == 0);
    CHECK(f.has_ended);
}

TEST_CASE("a request without a token is refused without the upstream") {
    exchange_fixture f("GET / HTTP/1.1\r\nHost: a\r\n\r\n", config::auth_mode::required);
    f.start();
    CHECK(f.client.status == 401);
    CHECK(f.client.reply == reason::token_missing);
    CHECK_FALSE(f.client.reply_closes);
    CHECK(f.upstream.fresh_leases == 0);
}

TEST_CASE("what may go no further is answered here") {
    exchange_fixture f("OPTIONS * HTTP/1.1\r\nHost: a\r\nMax-Forwards: 0\r\n\r\n");
    f.start();
    CHECK(f.client.status == 204);
    CHECK(f.upstream.fresh_leases == 0);
}

TEST_CASE("a body that has come goes out with its head, and the rest as it comes") {
    exchange_fixture f(post_of_ten);
    f.client.body.put("hello", false, true);
    f.start();
    CHECK(f.upstream.fresh.out.body == "hello");
    f.client.body.put("world", true);
    CHECK(f.upstream.fresh.out.body == "helloworld");
    CHECK(f.upstream.fresh.is_sent());
    f.upstream.fresh.answer("HTTP/1.1 204 No Content\r\n\r\n");
    CHECK(f.client.status == 204);
    CHECK(f.upstream.fresh.is_kept);
}

TEST_CASE("an upstream that answers early ends the upload, and is not used again") {
    exchange_fixture f(post_of_ten);
    f.start();
    f.upstream.fresh.answer(ok_of_two);
    f.upstream.fresh.in.put("no", true);
    CHECK(f.has_ended);
    CHECK(f.client.status == 200);
    CHECK(f.client.out.is_complete);
    CHECK(f.upstream.fresh.is_cancelled);
    CHECK_FALSE(f.upstream.fresh.is_kept);
}

TEST_CASE("an upstream that takes no more of a body may still have answered") {
    exchange_fixture f(post_of_ten);
    f.start();
    f.upstream.fresh.out.fails = true;
    f.client.body.put("hello", false);
    CHECK(f.upstream.fresh.is_half_closed);
    CHECK_FALSE(f.has_ended);
    f.upstream.fresh.answer("HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\n\r\n");
    CHECK(f.client.status == 413);
    CHECK_FALSE(f.upstream.fresh.is_kept);
}

TEST_CASE("interim responses are passed on, and then the final one") {
    exchange_fixture f;
    f.start();
    f.upstream.fresh.answer("HTTP/1.1 103 Early Hints\r\n\r\n");
    f.upstream.fresh.answer("HTTP/1.1 102 Processing\r\n\r\n");
    CHECK(f.client.interim == std::vector<int>{103, 102});
    CHECK(f.client.status == 0);
    f.upstream.fresh.answer("HTTP/1.1 204 No Content\r\n\r\n");
    CHECK(f.client.status == 204);
}

TEST_CASE("rule 24: an upstream that sends interim responses alone has failed") {
    exchange_fixture f;
    f.start();
    for (int i = 0; i < 100 && !f.has_ended; ++i) f.upstream.fresh.answer("HTTP/1.1 102 Processing\r\n\r\n");
    CHECK(f.client.status == 502);
    CHECK(f.client.reply == reason::upstream_bad_response);
    CHECK(f.client.interim.size() == 65);
}

TEST_CASE("a client that waits to be asked for its body is not hurried before") {
    exchange_fixture f("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
    f.start();
    CHECK(f.client.body.wait.until() == core::never);
    CHECK(f.upstream.fresh.in.wait.until() != core::never);  // the word to go on is the upstream's to say
    f.upstream.fresh.answer("HTTP/1.1 100 Continue\r\n\r\n");
    CHECK(f.client.interim == std::vector<int>{100});
    CHECK(f.client.body.wait.until() != core::never);
    f.client.body.put("ok", true);
    CHECK(f.upstream.fresh.out.body == "ok");
}

TEST_CASE("rule 20: a 101 that nobody asked for is no upgrade") {
    exchange_fixture f;
    f.start();
    f.upstream.fresh.answer("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n");
    CHECK(f.client.status == 502);
    CHECK(f.client.reply == reason::upstream_bad_response);
}

TEST_CASE("rule 27: a body that is sent too slowly ends its request") {
    exchange_fixture f(post_of_ten);
    f.start();
    f.client.body.put("hello", false);
    CHECK(f.client.body.wait.until() < core::clock::now() + std::chrono::minutes(1));
    f.client.body.wait.wake(net::wait_status::timed_out);
    CHECK(f.has_ended);
    CHECK(f.client.status == 408);
    CHECK(f.client.reply == reason::body_too_slow);
    CHECK(f.client.is_body_given_up);
    CHECK(f.upstream.fresh.is_cancelled);
}
