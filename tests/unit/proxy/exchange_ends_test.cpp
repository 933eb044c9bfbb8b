// How exchanges end before their time: clients that leave, upstreams that fail, tokens that are withdrawn.
#include "exchange_fixture.hpp"

#include <catch.hpp>

using namespace gate;
using core::reason;
using test::exchange_fixture;

namespace {

constexpr auto ok_of_ten = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n";
constexpr auto events = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n";

}  // namespace

TEST_CASE("a client that has ended its side gets its answer") {
    exchange_fixture f;
    f.start();
    f.client.half_close();
    CHECK_FALSE(f.upstream.fresh.is_cancelled);
    f.upstream.fresh.answer("HTTP/1.1 204 No Content\r\n\r\n");
    CHECK(f.client.status == 204);
    CHECK(f.client.was_reset == reason::none);
}

TEST_CASE("a client that leaves cancels what runs for it") {
    exchange_fixture f;
    f.start();
    f.client.leave();
    CHECK(f.upstream.fresh.is_cancelled);
    f.settle();
    CHECK(f.has_ended);
    CHECK(f.client.status == 0);
    CHECK(f.client.was_reset == reason::client_gone);
}

TEST_CASE("to end one's side of an event stream is to leave it, whether before its head or after") {
    const bool before = GENERATE(true, false);
    exchange_fixture f;
    f.start();
    if (before) f.client.half_close();
    f.upstream.fresh.answer(events);
    if (!before) {
        f.upstream.fresh.in.put("data: 1\n\n", false);
        f.client.half_close();
    }
    f.settle();
    CHECK(f.has_ended);
    CHECK(f.client.was_reset == reason::client_gone);
}

TEST_CASE("a client that goes away during its upload ends the exchange") {
    exchange_fixture f("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n");
    f.start();
    f.client.body.end(protocol::body_piece::state::failed);
    CHECK(f.has_ended);
    CHECK(f.upstream.fresh.is_cancelled);
    CHECK(f.client.was_reset == reason::client_gone);
}

TEST_CASE("a client that does not take its response is given up") {
    exchange_fixture f;
    f.start();
    f.client.out.blocks = true;
    f.upstream.fresh.answer(ok_of_ten);
    f.upstream.fresh.in.put("hello", false);
    CHECK(f.client.out.wait.until() != core::never);
    f.client.out.wait.wake(net::wait_status::timed_out);
    CHECK(f.has_ended);
    CHECK(f.client.was_reset == reason::client_too_slow);
    CHECK_FALSE(f.upstream.fresh.is_kept);
}

TEST_CASE("nothing is read from the upstream while the client takes nothing") {
    exchange_fixture f;
    f.start();
    f.upstream.fresh.answer(ok_of_ten);
    f.client.out.blocks = true;
    f.upstream.fresh.in.put("hello", false);
    f.upstream.fresh.in.put("world", true);
    CHECK_FALSE(f.upstream.fresh.in.is_empty());
    f.client.out.unblock();
    CHECK(f.client.out.body == "helloworld");
    CHECK(f.has_ended);
}

TEST_CASE("an upstream that gives no answer is told apart by how it fails") {
    const auto [why, status] = GENERATE(table<reason, int>({{reason::upstream_reset, 502},
                                                            {reason::upstream_truncated, 502},
                                                            {reason::upstream_bad_response, 502}}));
    exchange_fixture f;
    f.start();
    f.upstream.fresh.fail(why);
    CHECK(f.client.status == status);
    CHECK(f.client.reply == why);
    CHECK(f.upstream.fresh.has_left);
    CHECK_FALSE(f.upstream.fresh.is_kept);
}

TEST_CASE("a place that cannot be had is answered for") {
    const auto [why, status] = GENERATE(table<reason, int>({{reason::upstream_refused, 502},
                                                            {reason::upstream_busy, 503},
                                                            {reason::upstream_share_exceeded, 503},
                                                            {reason::upstream_connect_timeout, 504}}));
    exchange_fixture f;
    f.upstream.refusal = why;
    f.start();
    CHECK(f.client.status == status);
    CHECK(f.client.reply == why);
}

TEST_CASE("an upstream that cannot be reached while we leave is no fault of its own") {
    exchange_fixture f;
    f.where.draining = true;
    f.upstream.refusal = reason::upstream_refused;
    f.start();
    CHECK(f.client.reply == reason::draining);
}

TEST_CASE("rule 26: a response that ends too early is never made complete") {
    using state = protocol::body_piece::state;
    const auto how = GENERATE(state::ended, state::failed, state::malformed);
    exchange_fixture f;
    f.start();
    f.upstream.fresh.answer(ok_of_ten);
    f.upstream.fresh.in.put("hello", false);
    f.upstream.fresh.in.end(how);
    CHECK(f.has_ended);
    CHECK_FALSE(f.client.out.is_complete);
    const auto why = how == state::malformed ? reason::upstream_bad_response : reason::upstream_truncated;
    CHECK(f.client.was_reset == why);
    CHECK_FALSE(f.upstream.fresh.is_kept);
}

TEST_CASE("rule 26: what the end of the grace period cuts is not made complete") {
    exchange_fixture f;
    f.start();
    f.upstream.fresh.answer("HTTP/1.1 200 OK\r\n\r\n");  // lasts until the close
    f.upstream.fresh.in.put("hello", false);
    f.subject.cut(reason::draining);
    f.settle();
    CHECK(f.has_ended);
    CHECK_FALSE(f.client.out.is_complete);
    CHECK(f.client.was_reset == reason::draining);
}

TEST_CASE("rule 29: a stream that may not go on is stopped, and what has begun is cut") {
    exchange_fixture f;
    f.start();
    f.upstream.fresh.answer(events);
    f.upstream.fresh.in.put("data: 1\n\n", false);
    CHECK_FALSE(f.subject.look_at_policy());
    f.require_tokens();
    CHECK(f.subject.look_at_policy());
    CHECK(f.client.is_stopped);
    f.settle();
    CHECK(f.has_ended);
    CHECK(f.client.was_reset == reason::token_missing);
    CHECK_FALSE(f.client.out.is_complete);
}

TEST_CASE("rule 27: a client that does not take our own answer is given up") {
    exchange_fixture f("GET / HTTP/1.1\r\nHost: a\r\n\r\n", config::auth_mode::required, core::duration{0});
    f.client.out.blocks = true;
    f.start();
    CHECK(f.client.status == 401);
    CHECK(f.client.out.wait.until() != core::never);
    f.client.out.wait.wake(net::wait_status::timed_out);
    CHECK(f.has_ended);
    CHECK(f.client.was_reset == reason::client_too_slow);
}

TEST_CASE("what is no stream runs to its end under the policy that it began with") {
    exchange_fixture f;
    f.start();
    f.require_tokens();
    CHECK_FALSE(f.subject.look_at_policy());
    f.upstream.fresh.answer("HTTP/1.1 204 No Content\r\n\r\n");
    CHECK(f.client.status == 204);
}

TEST_CASE("a place that was used while we leave is not kept") {
    exchange_fixture f;
    f.where.draining = true;
    f.start();
    f.upstream.fresh.answer("HTTP/1.1 204 No Content\r\n\r\n");
    CHECK(f.client.status == 204);
    CHECK_FALSE(f.upstream.fresh.is_kept);
}
