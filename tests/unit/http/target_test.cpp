#include "parsed.hpp"

#include <gate/http/target.hpp>

using namespace gate::http;
using gate::core::reason;
using test::request;

namespace {

request with_target(const std::string& target, const std::string& verb = "GET") {
    return request(request::with("", verb + " " + target + " HTTP/1.1"));
}

}  // namespace

TEST_CASE("targets are taken apart, and their bytes kept") {
    const struct {
        std::string verb, target;
        target_form form;
        std::string authority, forwarded, path;
        bool slash;
    } table[] = {
        {"GET", "/", target_form::origin, "", "/", "/", false},
        {"GET", "/a%2fb/../c;p=1?q=%00&x", target_form::origin, "", "/a%2fb/../c;p=1?q=%00&x",
         "/a%2fb/../c;p=1", false},
        {"GET", "//evil/x?/y", target_form::origin, "", "//evil/x?/y", "//evil/x", false},
        {"GET", "/?", target_form::origin, "", "/?", "/", false},
        {"GET", "http://a.test/x?y", target_form::absolute, "a.test", "/x?y", "/x", false},
        {"GET", "HTTPS://a.test:80/x", target_form::absolute, "a.test:80", "/x", "/x", false},
        {"GET", "http://a.test", target_form::absolute, "a.test", "/", "/", false},
        {"GET", "http://[::1]:8080", target_form::absolute, "[::1]:8080", "/", "/", false},
        {"GET", "http://a.test?x=/1", target_form::absolute, "a.test", "?x=/1", "/", true},
        {"OPTIONS", "http://a.test", target_form::absolute, "a.test", "*", "*", false},
        {"OPTIONS", "http://a.test/", target_form::absolute, "a.test", "/", "/", false},
        {"OPTIONS", "*", target_form::asterisk, "", "*", "*", false},
    };
    for (const auto& row : table) {
        INFO(row.verb << " " << row.target);
        const request r = with_target(row.target, row.verb);
        const auto target = read_target(r.head).value();
        CHECK(target.form == row.form);
        CHECK(target.authority == row.authority);
        CHECK(target.forwarded == row.forwarded);
        CHECK(target.path == row.path);
        CHECK(target.slash == row.slash);
    }
}

TEST_CASE("targets that we do not serve are refused") {
    for (const std::string target :
         {"*", "foo", "a.test:80", "a.test", "?x", "http:/a", "http:", "http://", "http:///x", "http://?x",
          "ftp://a/x", "http://user:pw@a.test/x", "http://u@a.test/", "http://a,b/", "http://a:99999/",
          "http://[::1/", "http://[x]/", "http://a%2f/", "ws://a/"}) {
        const request r = with_target(target);
        INFO(target);
        CHECK(test::why(read_target(r.head)) == reason::bad_target);
    }
}

TEST_CASE("CONNECT and TRACE are refused in any form") {
    for (const std::string verb : {"CONNECT", "TRACE"})
        for (const std::string target : {"/x", "a.test:443", "*", "http://a.test/"}) {
            INFO(verb << " " << target);
            CHECK(test::why(read_target(with_target(target, verb).head)) == reason::method_refused);
        }
}

TEST_CASE("rule 4: exactly one Host in HTTP/1.1, at most one in HTTP/1.0") {
    const struct {
        std::string text;
        reason expected;
    } table[] = {
        {"GET / HTTP/1.1\r\nHost: a\r\n\r\n", reason::none},
        {"GET / HTTP/1.1\r\n\r\n", reason::bad_host},
        {"GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", reason::bad_host},
        {"GET / HTTP/1.1\r\nHost: a\r\nhost: b\r\n\r\n", reason::bad_host},
        {"GET / HTTP/1.0\r\n\r\n", reason::none},
        {"GET / HTTP/1.0\r\nHost: a\r\n\r\n", reason::none},
        {"GET / HTTP/1.0\r\nHost: a\r\nHost: a\r\n\r\n", reason::bad_host},
        {"GET http://b/ HTTP/1.1\r\n\r\n", reason::bad_host},
        {"GET http://b/ HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", reason::bad_host},
        {"GET http://b/ HTTP/1.1\r\nHost: u@a\r\n\r\n", reason::bad_host},
        {"GET http://b/ HTTP/1.1\r\nHost: a\r\n\r\n", reason::none},
    };
    for (const auto& row : table) {
        const request r(row.text);
        CHECK(test::why(read_host(r.head, read_target(r.head).value())) == row.expected);
    }
}

TEST_CASE("an absolute target replaces the Host") {
    const request r("GET http://other.test/ HTTP/1.1\r\nHost: a.test\r\n\r\n");
    CHECK(read_host(r.head, read_target(r.head).value()).value() == "other.test");
}

TEST_CASE("hosts are names or addresses with a port at most") {
    const struct {
        std::string host;
        bool valid;
    } table[] = {
        {"a.test", true},
        {"a.test:80", true},
        {"a_b-c.~x:65535", true},
        {"127.0.0.1:1", true},
        {"", true},
        {"[::1]", true},
        {"[2001:db8::1]:80", true},
        {"[::ffff:1.2.3.4]", true},
        {"a.test.", true},
        {"a.test:65536", false},
        {"a.test:80a", false},
        {"a.test:", true},
        {"[::1]:", true},
        {"a%41.test", true},
        {"%c3%a9.test", true},
        {"a+b&c!$'()*;=.test", true},
        {":80", false},
        {"a:1:2", false},
        {"u@a.test", false},
        {"a test", false},
        {"a,b", false},
        {"a/b", false},
        {"a?b", false},
        {"a#b", false},
        {"a\\b", false},
        {"[::1", false},
        {"::1", false},
        {"[]", false},
        {"[::1]x", false},
        {"[fe80::1%25eth0]", false},
        {"[1.2.3.4]", false},
        {"a%2fb", false},
        {"a%40b", false},
        {"a%00b", false},
        {"a%4", false},
        {"a%", false},
        {":", false},
        {"\xc3\xa9", false},
        {"[:::1]", false},
        {"a\tb", false},
        {"a:000080", false},
    };
    for (const auto& row : table) {
        INFO(row.host);
        const request r("GET / HTTP/1.1\r\nHost: " + row.host + "\r\n\r\n");
        const auto host = read_host(r.head, read_target(r.head).value());
        CHECK(test::why(host) == (row.valid ? reason::none : reason::bad_host));
        if (row.valid) {
            CHECK(host.value() == row.host);
        }
    }
}
