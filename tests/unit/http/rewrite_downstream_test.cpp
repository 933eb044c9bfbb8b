#include "parsed.hpp"

#include <gate/http/rewrite.hpp>

using namespace gate::http;
using test::response;

namespace {

struct shape {
    body_framing framing{};
    bool close = false;
    bool keep_alive_10 = false;
    bool switching = false;
    std::string_view request_id = "req_1";
    std::string_view date{};
    bool add_via = false;
};

std::string rewritten(const response& r, const shape& s = {}) {
    std::string out;
    append_downstream_head(r.head,
                           {.connection = r.options,
                            .framing = s.framing,
                            .request_id = s.request_id,
                            .date = s.date,
                            .close = s.close,
                            .keep_alive_10 = s.keep_alive_10,
                            .switching = s.switching,
                            .add_via = s.add_via},
                           out);
    return out;
}

const std::string id = "X-Request-Id: req_1\r\n";

}  // namespace

TEST_CASE("a response goes on with its fields untouched") {
    const std::string lines =
        "Set-Cookie: a=1\r\nset-cookie:  b=2\r\nX-Gate-Whatever: kept\r\nX-Forwarded-For: kept\r\n"
        "Proxy-Authenticate: Basic\r\nWWW-Authenticate: Basic\r\n";
    const response r(response::with(lines, "HTTP/1.0 404 Not \xe4 Found"));
    CHECK(rewritten(r, {.framing = {body_kind::until_close, 0}, .close = true}) ==
          "HTTP/1.1 404 Not \xe4 Found\r\n" + lines + id + "Connection: close\r\n\r\n");
}

TEST_CASE("a response without a Date gets one, and one with a Date keeps its own") {
    const response without(response::with("A: 1\r\n"));
    CHECK(rewritten(without, {.framing = {body_kind::counted, 7}, .date = "now"}) ==
          "HTTP/1.1 200 OK\r\nA: 1\r\nContent-Length: 7\r\n" + id + "Date: now\r\n\r\n");
    const response with(response::with("date: then\r\n"));
    CHECK(rewritten(with, {.framing = {body_kind::counted, 7}, .date = "now"}) ==
          "HTTP/1.1 200 OK\r\ndate: then\r\nContent-Length: 7\r\n" + id + "\r\n");
}

TEST_CASE("Via is added to a response, with the version that it came in") {
    const response r(response::with("Via: 1.1 api\r\nA: 1\r\n"));
    CHECK(rewritten(r, {.framing = {body_kind::counted, 7}, .add_via = true}) ==
          "HTTP/1.1 200 OK\r\nVia: 1.1 api\r\nA: 1\r\nVia: 1.1 gate-sidecar\r\nContent-Length: 7\r\n" + id +
              "\r\n");
    const response old(response::with("A: 1\r\n", "HTTP/1.0 200 OK"));
    CHECK(rewritten(old, {.framing = {body_kind::counted, 7}, .add_via = true}) ==
          "HTTP/1.1 200 OK\r\nA: 1\r\nVia: 1.0 gate-sidecar\r\nContent-Length: 7\r\n" + id + "\r\n");
}

TEST_CASE("hop-by-hop fields of a response, and all that its Connection names, do not go on") {
    const response r(response::with(
        "Connection: keep-alive, X-Hop, Server\r\nA: 1\r\nKeep-Alive: timeout=5\r\nx-hop: 1\r\n"
        "Server: s\r\nUpgrade: h2c\r\nTrailer: X\r\nProxy-Connection: close\r\nTE: x\r\nB: 2\r\n"));
    CHECK(rewritten(r, {.framing = {body_kind::counted, 7}}) ==
          "HTTP/1.1 200 OK\r\nA: 1\r\nB: 2\r\nContent-Length: 7\r\n" + id + "\r\n");
}

TEST_CASE("rule 19: the framing of a response is made afresh") {
    const response counted(response::with("content-length: 0007\r\n"));
    CHECK(rewritten(counted, {.framing = {body_kind::counted, 7}}) ==
          "HTTP/1.1 200 OK\r\nContent-Length: 7\r\n" + id + "\r\n");
    const response chunked(response::with("Transfer-Encoding: Chunked\r\n"));
    CHECK(rewritten(chunked, {.framing = {body_kind::chunked, 0}}) ==
          "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n" + id + "\r\n");
    CHECK(rewritten(chunked, {.framing = {body_kind::until_close, 0}, .close = true}) ==
          "HTTP/1.1 200 OK\r\n" + id + "Connection: close\r\n\r\n");
}

TEST_CASE("the length of a body that does not come is information, where it may be") {
    const struct {
        std::string line;
        bool kept;
    } table[] = {{"HTTP/1.1 200 OK", true},
                 {"HTTP/1.1 304 Not Modified", true},
                 {"HTTP/1.1 204 No Content", false},
                 {"HTTP/1.1 103 Early Hints", false}};
    for (const auto& row : table) {
        INFO(row.line);
        const response r(response::with("Content-Length: 77\r\n", row.line));
        CHECK(rewritten(r) == row.line + "\r\n" + (row.kept ? "Content-Length: 77\r\n" : "") + id + "\r\n");
    }
}

TEST_CASE("the upstream's request id is replaced, also by none") {
    const response r(response::with("X-Request-Id: theirs\r\nLink: </a>\r\n", "HTTP/1.1 103 Early Hints"));
    CHECK(rewritten(r) == "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n" + id + "\r\n");
    CHECK(rewritten(r, {.request_id = {}}) == "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n");
}

TEST_CASE("the Connection field of a response is ours") {
    const response r(response::with("Connection: close\r\n"));
    const auto head = "HTTP/1.1 200 OK\r\n" + id;
    CHECK(rewritten(r) == head + "\r\n");
    CHECK(rewritten(r, {.close = true}) == head + "Connection: close\r\n\r\n");
    CHECK(rewritten(r, {.keep_alive_10 = true}) == head + "Connection: keep-alive\r\n\r\n");
    CHECK(rewritten(r, {.close = true, .keep_alive_10 = true}) == head + "Connection: close\r\n\r\n");
}

TEST_CASE("a 101 keeps what the upgrade needs") {
    const response r(
        response::with("Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: x\r\n",
                       "HTTP/1.1 101 Switching Protocols"));
    CHECK(rewritten(r, {.switching = true}) ==
          "HTTP/1.1 101 Switching Protocols\r\nSec-WebSocket-Accept: x\r\n" + id +
              "Connection: upgrade\r\nUpgrade: websocket\r\n\r\n");
}
