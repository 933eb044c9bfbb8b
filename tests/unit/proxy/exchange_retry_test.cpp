// Rule 23: when a request is sent once more.
#include "exchange_fixture.hpp"

#include <catch.hpp>

using namespace gate;
using core::reason;
using test::exchange_fixture;

namespace {

std::string request(std::string_view method, std::string_view more = {}) {
    return std::string(method) + " / HTTP/1.1\r\nHost: a\r\n" + std::string(more) + "\r\n";
}

// The first attempt is on an idle place, which turns out to be lost.
struct retry_fixture : exchange_fixture {
    explicit retry_fixture(std::string text = request("GET")) : exchange_fixture(std::move(text)) {
        upstream.has_idle = true;
    }
    test::scripted_outbound& first() { return upstream.idle.place; }
    bool is_tried_again() const { return upstream.fresh_leases == 1; }
};

}  // namespace

TEST_CASE("a request that a kept place has lost is sent once more, on a fresh one") {
    retry_fixture f;
    f.start();
    f.first().fail(reason::upstream_reset);
    CHECK(f.is_tried_again());
    CHECK(f.upstream.fresh.text == f.first().text);
    f.upstream.fresh.answer("HTTP/1.1 204 No Content\r\n\r\n");
    CHECK(f.client.status == 204);
}

TEST_CASE("there is one retry") {
    retry_fixture f;
    f.start();
    f.first().fail(reason::upstream_reset);
    f.upstream.fresh.fail(reason::upstream_reset);
    CHECK(f.upstream.fresh_leases == 1);
    CHECK(f.client.status == 502);
}

TEST_CASE("what fails on a fresh place is not sent again") {
    exchange_fixture f;
    f.start();
    f.upstream.fresh.fail(reason::upstream_reset);
    CHECK(f.upstream.fresh_leases == 1);
    CHECK(f.client.reply == reason::upstream_reset);
}

TEST_CASE("nothing is sent again once a byte of the response has come") {
    retry_fixture f;
    f.start();
    f.first().fail(reason::upstream_reset, true);
    CHECK_FALSE(f.is_tried_again());
    CHECK(f.client.status == 502);
}

TEST_CASE("methods whose repetition may matter are not sent again") {
    const std::string method = GENERATE("POST", "PATCH", "FROB");
    retry_fixture f(request(method));
    f.start();
    f.first().fail(reason::upstream_reset);
    CHECK_FALSE(f.is_tried_again());
    CHECK(f.client.status == 502);
}

TEST_CASE("methods whose repetition does not matter are sent again") {
    const std::string method = GENERATE("GET", "HEAD", "OPTIONS", "PUT", "DELETE");
    retry_fixture f(request(method));
    f.start();
    f.first().fail(reason::upstream_reset);
    CHECK(f.is_tried_again());
}

TEST_CASE("a request of which no byte has gone out is sent again whatever its method") {
    retry_fixture f(request("POST"));
    f.first().has_taken_any = false;
    f.start();
    f.first().fail(reason::upstream_reset);
    CHECK(f.is_tried_again());
}

TEST_CASE("a request with a body is not sent again") {
    retry_fixture f(request("PUT", "Content-Length: 2\r\n"));
    f.client.body.put("ok", true, true);
    f.start();
    f.first().fail(reason::upstream_reset);
    CHECK_FALSE(f.is_tried_again());
    CHECK(f.client.status == 502);
}

TEST_CASE("an upstream that takes its time is not asked again") {
    retry_fixture f;
    f.start();
    CHECK(f.first().in.wait.until() != core::never);
    f.first().time_out();
    CHECK_FALSE(f.is_tried_again());
    CHECK(f.client.status == 504);
}

TEST_CASE("nothing is sent again for a client that has gone") {
    retry_fixture f;
    f.start();
    f.client.leave();
    f.settle();
    CHECK_FALSE(f.is_tried_again());
    CHECK(f.has_ended);
    CHECK(f.client.was_reset == reason::client_gone);
}
