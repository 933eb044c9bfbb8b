#include "parsed.hpp"

using namespace gate::http;
using gate::core::reason;
using test::request;
using test::response;

namespace {

reason refusal_of(const std::string& lines, const std::string& line = "POST / HTTP/1.1") {
    const request r(request::with(lines, line));
    return test::why(request_framing(r.head));
}

}  // namespace

TEST_CASE("a request has a body only if it says so") {
    const struct {
        std::string lines;
        body_framing expected;
    } table[] = {
        {"", {body_kind::none, 0}},
        {"Content-Length: 0\r\n", {body_kind::counted, 0}},
        {"content-length: \t 5 \t\r\n", {body_kind::counted, 5}},
        {"Content-Length: 0000000000000000005\r\n", {body_kind::counted, 5}},
        {"Content-Length: 9223372036854775807\r\n", {body_kind::counted, 9223372036854775807U}},
        {"Transfer-Encoding: chunked\r\n", {body_kind::chunked, 0}},
        {"transfer-encoding:\tChUnKeD\r\n", {body_kind::chunked, 0}},
        {"TE: chunked\r\n", {body_kind::none, 0}},
    };
    for (const auto& row : table) {
        INFO(row.lines);
        const request r(request::with(row.lines, "POST / HTTP/1.1"));
        CHECK(request_framing(r.head).value() == row.expected);
    }
}

TEST_CASE("rule 19: both framings together are refused, in any order") {
    CHECK(refusal_of("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n") == reason::bad_framing);
    CHECK(refusal_of("Transfer-Encoding: chunked\r\nX: y\r\nContent-Length: 5\r\n") == reason::bad_framing);
    CHECK(refusal_of("Transfer-Encoding: gzip\r\nContent-Length: 5\r\n") == reason::bad_framing);
    CHECK(refusal_of("Transfer-Encoding:\r\nContent-Length: 5\r\n") == reason::bad_framing);
}

TEST_CASE("a transfer coding other than exactly chunked is refused") {
    const struct {
        std::string value;
        reason expected;
    } table[] = {
        {"gzip", reason::unsupported_coding},
        {"xchunked", reason::unsupported_coding},
        {"identity", reason::unsupported_coding},
        {"chunked, gzip", reason::unsupported_coding},
        {"gzip, chunked", reason::unsupported_coding},
        {"chunked, chunked", reason::unsupported_coding},
        {"chunked,", reason::unsupported_coding},
        {"'chunked'", reason::unsupported_coding},
        {"", reason::bad_framing},
        {",", reason::bad_framing},
        {"\"chunked\"", reason::bad_framing},
        {"chunked;q=0.5", reason::bad_framing},
        {"chunked;", reason::bad_framing},
        {"chunked\xff", reason::bad_framing},
    };
    for (const auto& row : table) {
        INFO(row.value);
        CHECK(refusal_of("Transfer-Encoding: " + row.value + "\r\n") == row.expected);
    }
}

TEST_CASE("two transfer codings are refused, whatever they say") {
    CHECK(refusal_of("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n") == reason::bad_framing);
    CHECK(refusal_of("Transfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n") == reason::bad_framing);
}

TEST_CASE("HTTP/1.0 knows no transfer coding") {
    CHECK(refusal_of("Transfer-Encoding: chunked\r\n", "POST / HTTP/1.0") == reason::bad_framing);
    CHECK(refusal_of("Content-Length: 5\r\n", "POST / HTTP/1.0") == reason::none);
}

TEST_CASE("a length that is not exactly one decimal number is refused") {
    for (const std::string value : {"",
                                    "+5",
                                    "-5",
                                    "5,5",
                                    "5, 5",
                                    "5,6",
                                    "5,",
                                    "0x5",
                                    "5.0",
                                    "5e0",
                                    "0_5",
                                    "5 5",
                                    "5;",
                                    "\"5\"",
                                    "\xd9\xa5",
                                    "9223372036854775808",
                                    "18446744073709551616",
                                    "99999999999999999999",
                                    "00000000000000000005",
                                    "five"}) {
        INFO(value);
        CHECK(refusal_of("Content-Length: " + value + "\r\n") == reason::bad_framing);
    }
}

TEST_CASE("two lengths are refused, equal or not") {
    CHECK(refusal_of("Content-Length: 5\r\nContent-Length: 5\r\n") == reason::bad_framing);
    CHECK(refusal_of("Content-Length: 5\r\nContent-Length: 0\r\n") == reason::bad_framing);
}

TEST_CASE("a response has the body that its status, its request and its fields give it") {
    const struct {
        std::string line;
        std::string lines;
        method asked;
        body_framing expected;
    } table[] = {
        {"HTTP/1.1 200 OK", "Content-Length: 5\r\n", method::get, {body_kind::counted, 5}},
        {"HTTP/1.1 200 OK", "Transfer-Encoding: chunked\r\n", method::get, {body_kind::chunked, 0}},
        {"HTTP/1.1 200 OK", "", method::get, {body_kind::until_close, 0}},
        {"HTTP/1.0 200 OK", "", method::post, {body_kind::until_close, 0}},
        {"HTTP/1.1 200 OK", "Content-Length: 5\r\n", method::head, {}},
        {"HTTP/1.1 200 OK", "Transfer-Encoding: chunked\r\n", method::head, {}},
        {"HTTP/1.1 304 Not Modified", "Content-Length: 77\r\n", method::get, {}},
        {"HTTP/1.1 204 No Content", "Content-Length: 42\r\n", method::get, {}},
        {"HTTP/1.1 204 No Content", "", method::get, {}},
        {"HTTP/1.1 100 Continue", "", method::post, {}},
        {"HTTP/1.1 101 Switching Protocols", "", method::get, {}},
    };
    for (const auto& row : table) {
        INFO(row.line << " " << row.lines);
        const response r(response::with(row.lines, row.line));
        CHECK(response_framing(r.head, row.asked).value() == row.expected);
    }
}

TEST_CASE("ambiguous framing of a response is refused, even where it has no body") {
    for (const std::string line : {"HTTP/1.1 200 OK", "HTTP/1.1 304 X", "HTTP/1.1 204 X", "HTTP/1.1 103 X"}) {
        for (const std::string lines :
             {"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n", "Content-Length: +5\r\n",
              "Content-Length: 2,5\r\n", "Content-Length: -1\r\n",
              "Content-Length: 5\r\nContent-Length: 5\r\n", "Transfer-Encoding: xchunked\r\n",
              "Transfer-Encoding: gzip, chunked\r\n", "Transfer-Encoding: \r\n"}) {
            INFO(line << " " << lines);
            const response r(response::with(lines, line));
            CHECK(test::why(response_framing(r.head, method::get)) == reason::upstream_bad_response);
            CHECK(test::why(response_framing(r.head, method::head)) == reason::upstream_bad_response);
        }
    }
}

TEST_CASE("an HTTP/1.0 response with a transfer coding is refused") {
    const response r(response::with("Transfer-Encoding: chunked\r\n", "HTTP/1.0 200 OK"));
    CHECK(test::why(response_framing(r.head, method::get)) == reason::upstream_bad_response);
}
