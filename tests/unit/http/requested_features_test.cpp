#include "parsed.hpp"

#include <gate/http/requested_features.hpp>

using namespace gate::http;
using gate::core::reason;
using test::request;

namespace {

gate::core::result<requested_features> read(const std::string& lines,
                                            const std::string& line = "GET /x HTTP/1.1") {
    const request r(request::with(lines, line));
    const auto framing = request_framing(r.head);
    REQUIRE(framing.has_value());
    return read_requested_features(r.head, r.options, *framing);
}

const std::string websocket = "Connection: Upgrade\r\nUpgrade: websocket\r\n";

}  // namespace

TEST_CASE("a WebSocket is requested by a GET of HTTP/1.1 with Upgrade and a Connection that says so") {
    CHECK(read(websocket)->websocket);
    CHECK(read("Connection: keep-alive, upgrade\r\nUpgrade: WebSocket\r\n")->websocket);
    CHECK_FALSE(read("")->websocket);
    CHECK_FALSE(read("Upgrade: websocket\r\n")->websocket);
    CHECK_FALSE(read("Connection: Upgrade\r\nUpgrade: h2c\r\n")->websocket);
    CHECK_FALSE(read("Connection: Upgrade\r\nUpgrade: websocket, h2c\r\n")->websocket);
    CHECK_FALSE(read(websocket + "Upgrade: h2c\r\n")->websocket);
    CHECK_FALSE(read(websocket, "POST /x HTTP/1.1")->websocket);
    CHECK_FALSE(read(websocket, "GET /x HTTP/1.0")->websocket);
}

TEST_CASE("rule 20: a WebSocket whose first bytes would be a body is refused") {
    for (const std::string body : {"Content-Length: 1\r\n", "Transfer-Encoding: chunked\r\n"}) {
        CHECK(test::why(read(websocket + body)) == reason::bad_upgrade);
        CHECK(test::why(read(websocket + body, "POST /x HTTP/1.1")) == reason::bad_upgrade);
        CHECK_FALSE(read("Upgrade: websocket\r\n" + body)->websocket);
    }
    CHECK(read(websocket + "Content-Length: 0\r\n")->websocket);
}

TEST_CASE("trailers are requested by name") {
    CHECK(read("TE: trailers\r\n")->trailers);
    CHECK_FALSE(read("")->trailers);
    CHECK_FALSE(read("TE: gzip\r\n")->trailers);
    CHECK_FALSE(read("TE: trailers\r\n", "GET /x HTTP/1.0")->trailers);
}

TEST_CASE("100-continue is expected only before a body; any other expectation is refused") {
    const std::string expect = "Expect: 100-Continue\r\n";
    CHECK(read(expect + "Content-Length: 5\r\n", "POST /x HTTP/1.1")->expects_continue);
    CHECK_FALSE(read(expect)->expects_continue);
    CHECK_FALSE(read(expect + "Content-Length: 0\r\n", "POST /x HTTP/1.1")->expects_continue);
    CHECK_FALSE(read(expect + "Content-Length: 5\r\n", "POST /x HTTP/1.0")->expects_continue);
    CHECK(test::why(read("Expect: 200-ok\r\n")) == reason::bad_expectation);
    CHECK(test::why(read(expect + expect)) == reason::bad_expectation);
    CHECK(read("Expect: 200-ok\r\n", "GET /x HTTP/1.0").has_value());
}
