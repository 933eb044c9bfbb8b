#include <gate/http/host_pattern.hpp>
#include <gate/http/override_path.hpp>

#include <catch.hpp>
#include <string>

using namespace gate::http;

TEST_CASE("hosts are compared without port and dot at the end, in lower case") {
    const struct {
        std::string host, name;
    } table[] = {
        {"api.test", "api.test"},
        {"API.Test:8080", "api.test"},
        {"api.test.", "api.test"},
        {"api.test.:80", "api.test"},
        {"api.test:", "api.test"},
        {"[::1]", "[::1]"},
        {"[2001:DB8::1]:80", "[2001:db8::1]"},
        {"127.0.0.1:1", "127.0.0.1"},
        // not known: receivers could take it for different ones
        {"", ""},
        {".", ""},
        {"api%2etest", ""},
        {"api.test..", ""},
        {".api.test", ""},
        {"api..test", ""},
        {std::string(254, 'a'), ""},
        {std::string(253, 'a'), std::string(253, 'a')},
    };
    for (const auto& row : table) {
        INFO(row.host);
        CHECK(comparable_host(row.host).name() == row.name);
        CHECK(comparable_host(row.host).is_known() == !row.name.empty());
    }
}

TEST_CASE("a request for another host than the one of the handshake is misdirected") {
    const struct {
        std::string host, server_name;
        bool is;
    } table[] = {
        {"api.test", "api.test", false},  {"API.test:8443", "api.test", false},
        {"api.test.", "api.test", false}, {"api.test", "API.test.", false},
        {"other.test", "api.test", true}, {"x.api.test", "api.test", true},
        {"127.0.0.1", "localhost", true}, {"[::1]:8443", "localhost", true},
        {"api%2etest", "api.test", true}, {"api..test", "api.test", true},
        {"", "api.test", false},          {"api.test", "", false},
    };
    for (const auto& row : table) {
        INFO(row.host << ' ' << row.server_name);
        CHECK(is_misdirected(row.host, row.server_name) == row.is);
    }
}

TEST_CASE("a wildcard matches one or more labels before its domain") {
    CHECK(host_matches("a.test", "a.test"));
    CHECK_FALSE(host_matches("a.test", "x.a.test"));
    CHECK(host_matches("*.a.test", "x.a.test"));
    CHECK(host_matches("*.a.test", "y.x.a.test"));
    CHECK_FALSE(host_matches("*.a.test", "a.test"));
    CHECK_FALSE(host_matches("*.a.test", ".a.test"));
    CHECK_FALSE(host_matches("*.a.test", "xa.test"));
    CHECK_FALSE(host_matches("*.a.test", "x.a.test.evil"));
}

TEST_CASE("a host pattern that could never match, or would match everything, is refused") {
    const struct {
        std::string pattern, problem;
    } table[] = {
        {"", "needs a host name"},
        {"*", "is no host: without `host` a route matches every host"},
        {"*.", "is no host: without `host` a route matches every host"},
        {"API.test", "must be in lower case"},
        {"api.test:80", "must not have a port: ports are not compared"},
        {"api.test.", "must not end with a dot"},
        {"*.api.test.", "must not end with a dot"},
        {"a.*.test", "can have '*' only as its first label, as in *.example.com"},
        {"*api.test", "can have '*' only as its first label, as in *.example.com"},
        {"*.*.test", "can have '*' only as its first label, as in *.example.com"},
        {"a..test", "has an empty label"},
        {".a.test", "has an empty label"},
        {"a/b", "needs 1 to 253 letters, digits, '-', '_' or '.'"},
        {"http://a", "must be a name alone, without 'https://' and without a path"},
        {"caf\xc3\xa9.test", "needs 1 to 253 letters, digits, '-', '_' or '.'"},
        {std::string(254, 'a'), "needs 1 to 253 letters, digits, '-', '_' or '.'"},
        {"[::1", "must not have a port: ports are not compared"},
        {"[x]", "is not an IPv6 address in brackets"},
    };
    for (const auto& row : table) {
        INFO(row.pattern);
        CHECK(check_host_pattern(row.pattern) == row.problem);
    }
    for (const std::string pattern : {"a", "api.test", "*.test", "*.a-b_c.test", "127.0.0.1", "[::1]"}) {
        INFO(pattern);
        CHECK(check_host_pattern(pattern).empty());
    }
}

TEST_CASE("rule 7: the path that an override field names") {
    const struct {
        std::string reference, path;
    } table[] = {
        {"/admin", "/admin"},
        {"/admin?q=/x", "/admin"},
        {"/admin#x", "/admin"},
        {"admin/x", "/admin/x"},
        {"", "/"},
        {"?x", "/"},
        {"http://host/admin?x", "/admin"},
        {"HTTPS://u:p@host:1/admin", "/admin"},
        {"http://host", "/"},
        {"http://host\\admin", "/\\admin"},
        {"http:/host/admin", "//host/admin"},
        {"http:\\\\host/admin", "/admin"},
        {"http:host/admin", "//host/admin"},
        {"http:////host/admin", "//host/admin"},
        {"//host/admin", "//host/admin"},
        {"a/b:c", "/a/b:c"},
        {"%2Fadmin", "/%2Fadmin"},
    };
    for (const auto& row : table) {
        std::string path;
        append_override_path(row.reference, path);
        INFO(row.reference);
        CHECK(path == row.path);
    }
}
