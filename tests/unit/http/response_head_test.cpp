#include "parsed.hpp"

using namespace gate::http;
using namespace std::string_literals;
using gate::core::reason;
using test::response;

TEST_CASE("a response head is taken apart into views of the text") {
    const response r("HTTP/1.0 404 Not \xe4 Found\r\nServer: x\r\nWWW-Authenticate: Negotiate\r\n\r\n");
    CHECK(r.head.status == 404);
    CHECK(r.head.phrase == "Not \xe4 Found");
    CHECK(r.head.minor == 0);
    CHECK(r.head.size == r.text.size());
    CHECK(r.head.fields.size() == 2);
    CHECK(r.head.find(field_id::www_authenticate)->value == "Negotiate");
}

TEST_CASE("a phrase may be empty, and take its space with it") {
    CHECK(response("HTTP/1.1 200 \r\n\r\n").head.phrase.empty());
    CHECK(response("HTTP/1.1 200\r\n\r\n").head.phrase.empty());
    CHECK(response("HTTP/1.1 999 Odd\r\n\r\n").head.status == 999);
}

TEST_CASE("the identity family of an upstream is nothing special") {
    CHECK(response(response::with("X-Gate-Account-Id: a\r\n")).head.fields[0].id == field_id::other);
}

TEST_CASE("malformed responses are refused") {
    const std::string table[] = {
        "HTTP/1.1 20 OK\r\n\r\n",
        "HTTP/1.1 2000 OK\r\n\r\n",
        "HTTP/1.1 099 X\r\n\r\n",
        "HTTP/1.1 2x0 OK\r\n\r\n",
        "HTTP/1.1  200 OK\r\n\r\n",
        "HTTP/2.0 200 OK\r\n\r\n",
        "HTTP/1.2 200 OK\r\n\r\n",
        "http/1.1 200 OK\r\n\r\n",
        "HTTP/1.1\t200 OK\r\n\r\n",
        "HTTP/1.1 200\tOK\r\n\r\n",
        "HTTP/1.1 200 O\x01K\r\n\r\n",
        "HTTP/1.1 200 O\rK\r\n\r\n",
        " HTTP/1.1 200 OK\r\n\r\n",
        "\r\nHTTP/1.1 200 OK\r\n\r\n",
        "HTTP/1.1 200 OK\n\r\n\r\n",
        "HTTP/1.1 200 OK\r\nX-A : b\r\n\r\n",
        "HTTP/1.1 200 OK\r\nX-A: b\r\n c\r\n\r\n",
        "HTTP/1.1 200 OK\r\nX-A: b\0c\r\n\r\n"s,
        "HTTP/1.1 200 OK\r\nXnocolon\r\n\r\n",
        "HTTP/1.1 200 OK\r\nX-A: b\rX-Evil: 1\r\n\r\n",
        "garbage\r\n\r\n",
        "\r\n\r\n",
        "",
        "HTTP/1.1 200 OK\r\n",
    };
    for (const std::string& text : table) {
        INFO(text);
        response_head head;
        CHECK(test::parse(text, head) == reason::upstream_bad_response);
    }
}

TEST_CASE("too many fields of a response are refused") {
    response_head head;
    const std::string text = "HTTP/1.1 200 OK\r\nA: b\r\nA: b\r\n\r\n";
    CHECK(test::why(parse_response_head(text, {1024, 2, 100}, head)) == reason::none);
    CHECK(test::why(parse_response_head(text, {1024, 1, 100}, head)) == reason::upstream_bad_response);
}
