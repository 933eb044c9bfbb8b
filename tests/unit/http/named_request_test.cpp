#include <gate/http/named_request.hpp>

#include <catch.hpp>
#include <string>

using namespace gate::http;
using gate::core::reason;

TEST_CASE("a named request is read as a request line is") {
    const auto read = read_named_request("POST", "/a%2fb?c", 100);
    REQUIRE(read.has_value());
    CHECK(read->verb == method::post);
    CHECK(read->method_name == "POST");
    CHECK(read->target.path == "/a%2fb");
    CHECK(read->target.forwarded == "/a%2fb?c");
    const auto absolute = read_named_request("get", "http://a.test/x", 100);
    REQUIRE(absolute.has_value());
    CHECK(absolute->verb == method::other);
    CHECK(absolute->target.authority == "a.test");
}

TEST_CASE("what no request line may hold is refused") {
    const struct {
        std::string method, target;
        reason want;
    } table[] = {
        {"", "/", reason::bad_request_line},
        {"G T", "/", reason::bad_request_line},
        {"GET\xff", "/", reason::bad_request_line},
        {std::string(33, 'A'), "/", reason::bad_request_line},
        {"GET", "", reason::bad_target},
        {"GET", "/a b", reason::bad_target},
        {"GET", "/a\tb", reason::bad_target},
        {"GET", "/a#b", reason::bad_target},
        {"GET", "/a\x7f", reason::bad_target},
        {"GET", "/\xc3\xa9", reason::bad_target},
        {"GET", std::string("/\0", 2), reason::bad_target},
        {"GET", "/" + std::string(100, 'x'), reason::target_too_long},
        {"GET", "*", reason::bad_target},
        {"GET", "x", reason::bad_target},
        {"GET", "ftp://a/", reason::bad_target},
        {"CONNECT", "/", reason::method_refused},
        {"TRACE", "/", reason::method_refused},
    };
    for (const auto& row : table) {
        INFO(row.method << " " << row.target);
        const auto read = read_named_request(row.method, row.target, 100);
        REQUIRE_FALSE(read.has_value());
        CHECK(read.error() == row.want);
    }
}

TEST_CASE("a host that may stand in a Host field is usable, an empty one is not") {
    for (const char* const host : {"a", "a.test:80", "[::1]:8080", "192.0.2.1"}) CHECK(is_usable_host(host));
    for (const char* const host : {"", "a/b", "a,b", "a b", "u@a", "a:x", "[::1"})
        CHECK_FALSE(is_usable_host(host));
}
