#include "parsed.hpp"

using namespace gate::http;
using test::request;
using test::response;

TEST_CASE("connection options are read over several fields, in any case, with empty members") {
    const request r(
        request::with("Connection: , Close ,,\tupgrade\r\nconnection: TE, X-One\r\nConnection: keep-alive,"
                      "x-two\r\nConnection:\r\n"));
    CHECK(r.options.close);
    CHECK(r.options.upgrade);
    CHECK(r.options.te);
    CHECK(r.options.keep_alive);
    CHECK_FALSE(r.options.malformed);
    CHECK(r.options.others == std::vector<std::string_view>{"X-One", "x-two"});
}

TEST_CASE("options of the message before are forgotten") {
    request r(request::with("Connection: close, te, upgrade, keep-alive, x, @\r\n"));
    const request next(request::with(""));
    read_connection_options(next.head, r.options);
    CHECK_FALSE((r.options.close || r.options.te || r.options.upgrade || r.options.keep_alive ||
                 r.options.malformed));
    CHECK(r.options.others.empty());
}

TEST_CASE("an option that is no token is malformed") {
    for (const std::string value : {"cl@se;", "close x", "\"close\"", "a/b"}) {
        INFO(value);
        CHECK(request(request::with("Connection: " + value + "\r\n")).options.malformed);
    }
}

TEST_CASE("rule 24: more options than anybody needs are malformed") {
    std::string list = "a";
    for (int i = 1; i < 32; ++i) list += ",a";
    CHECK_FALSE(request(request::with("Connection: " + list + "\r\n")).options.malformed);
    CHECK(request(request::with("Connection: " + list + ",a\r\n")).options.malformed);
}

TEST_CASE("persistence follows version and options") {
    const struct {
        std::string line;
        std::string lines;
        bool expected;
    } table[] = {
        {"HTTP/1.1 200 OK", "", true},
        {"HTTP/1.1 200 OK", "Connection: close\r\n", false},
        {"HTTP/1.1 200 OK", "Connection: close, keep-alive\r\n", false},
        {"HTTP/1.0 200 OK", "", false},
        {"HTTP/1.0 200 OK", "Connection: keep-alive\r\n", true},
        {"HTTP/1.0 200 OK", "Connection: keep-alive\r\nConnection: close\r\n", false},
    };
    for (const auto& row : table) {
        INFO(row.line << " " << row.lines);
        const response r(response::with(row.lines, row.line));
        CHECK(is_persistent(r.head.minor, r.options) == row.expected);
    }
}
