#include <gate/http/head_parser.hpp>
#include <gate/protocol/http1_reuse.hpp>

#include <catch.hpp>
#include <string>

using namespace gate;

namespace {

bool may_follow(const std::string& text, http::method asked = http::method::get, bool by_user = false) {
    protocol::response what;
    REQUIRE(http::parse_response_head(text, {16384, 100, 8192}, what.head));
    http::read_connection_options(what.head, what.connection);
    what.framing = http::response_framing(what.head, asked).value();
    return protocol::may_follow(what, by_user);
}

}  // namespace

TEST_CASE("rule 21: a connection carries another request after a response that tells its own end") {
    CHECK(may_follow("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n"));
    CHECK(may_follow("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"));
    CHECK(may_follow("HTTP/1.1 204 No Content\r\n\r\n"));
    CHECK_FALSE(may_follow("HTTP/1.1 200 OK\r\n\r\n"));
}

TEST_CASE("rule 21: a connection that the upstream means to close carries no other request") {
    CHECK_FALSE(may_follow("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"));
    CHECK_FALSE(may_follow("HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n"));
    CHECK(may_follow("HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\n"));
}

TEST_CASE("rule 21: a response that tells of a body which it may not have is the last") {
    const std::string text = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n";
    CHECK_FALSE(may_follow(text, http::method::head));
    CHECK(may_follow(text));
    CHECK(may_follow("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", http::method::head));
}

TEST_CASE("rule 21: a connection that is bound to a user carries no other request") {
    const std::string begin = "HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n";
    CHECK_FALSE(may_follow(begin + "WWW-Authenticate: Basic\r\nWWW-Authenticate: Negotiate\r\n\r\n"));
    CHECK_FALSE(may_follow(begin + "WWW-Authenticate: Bearer, ntlm\r\n\r\n"));
    CHECK(may_follow(begin + "WWW-Authenticate: Bearer\r\n\r\n"));
    CHECK_FALSE(may_follow(begin + "\r\n", http::method::get, true));
}
