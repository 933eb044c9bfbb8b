#include <gate/http/client_name.hpp>

#include <catch.hpp>
#include <string>
#include <vector>

using namespace gate::http;

namespace {

bool uri_matches(std::string_view pattern, std::string uri) {
    const std::vector<std::string> uris{std::move(uri)};
    return client_name_matches(pattern, {uris, {}});
}

bool dns_matches(std::string_view pattern, std::string name) {
    const std::vector<std::string> names{std::move(name)};
    return client_name_matches(pattern, {{}, names});
}

}  // namespace

TEST_CASE("a pattern of client_names that could never match, or would match too much, is refused") {
    const struct {
        std::string pattern, problem;
    } table[] = {
        {"", "needs a DNS name or a URI"},
        {"*", "must not have '*': DNS names are compared as a whole, and '*' is for segments of URIs"},
        {"*.example.org",
         "must not have '*': DNS names are compared as a whole, and '*' is for segments of "
         "URIs"},
        {"example.org/app", "is a URI without its scheme, as in spiffe://example.org/app"},
        {"example.org.", "has an empty label"},
        {".example.org", "has an empty label"},
        {"a..b", "has an empty label"},
        {"10.0.0.1", "is no DNS name: only DNS names and URIs are compared, not IP addresses"},
        {"a b", "is no DNS name: 1 to 253 letters, digits, '-', '_' or '.'"},
        {"b\xc3\xbc"
         "cher.test",
         "is no DNS name: 1 to 253 letters, digits, '-', '_' or '.'"},
        {std::string(254, 'a'), "is no DNS name: 1 to 253 letters, digits, '-', '_' or '.'"},
        {"example.org:443", "must not have a port: names in certificates have none"},
        {"::1", "is no URI: it begins with no scheme"},
        {"sp iffe://a/b", "is no URI: it begins with no scheme"},
        {"spiffe://", "has no host"},
        {"spiffe:///app", "has no host"},
        {"spiffe://:80/app", "has no host"},
        {"urn:", "names nothing after its scheme"},
        {"spiffe://u@example.org/app", "must not have user information"},
        {"spiffe://example.org/a b", "has a character that no URI has"},
        {"spiffe://example.org/a%2", "has a character that no URI has"},
        {"spiffe://example.org/a%zz", "has a character that no URI has"},
        {"spiffe://example.org/a\\b", "has a character that no URI has"},
        {std::string("spiffe://example.org/a\0b", 24), "has a character that no URI has"},
        {"spiffe://example.org/a/", "has an empty segment or a dot segment in its path"},
        {"spiffe://example.org//a", "has an empty segment or a dot segment in its path"},
        {"spiffe://example.org/a/../b", "has an empty segment or a dot segment in its path"},
        {"spiffe://example.org/./b", "has an empty segment or a dot segment in its path"},
        {"spiffe://*/app",
         "can have '*' only as a whole segment of the path, as in spiffe://example.org/ns/prod/*"},
        {"spiffe://example.org/ns-*",
         "can have '*' only as a whole segment of the path, as in spiffe://example.org/ns/prod/*"},
        {"spiffe://example.org/**",
         "can have '*' only as a whole segment of the path, as in spiffe://example.org/ns/prod/*"},
        {"spiffe://example.org/a?*",
         "can have '*' only as a whole segment of the path, as in spiffe://example.org/ns/prod/*"},
        {"urn:*", "can have '*' only as a whole segment of the path, as in spiffe://example.org/ns/prod/*"},
        {"spiffe://example.org/" + std::string(2048, 'a'), "is longer than 2048 bytes"},
    };
    for (const auto& row : table) {
        INFO(row.pattern);
        CHECK(check_client_name_pattern(row.pattern) == row.problem);
    }
}

TEST_CASE("patterns of client_names that are accepted") {
    for (const std::string pattern :
         {"client.example.org", "Client.Example.ORG", "localhost", "a_b.test", "10.test",
          "spiffe://example.org", "spiffe://example.org/ns/prod/sa/api", "spiffe://example.org/ns/prod/*",
          "spiffe://example.org/ns/*/sa/api", "spiffe://example.org/*/*", "https://example.org/",
          "https://example.org:8443/a?b#c", "urn:example:app", "spiffe://example.org/a%20b"}) {
        INFO(pattern);
        CHECK(check_client_name_pattern(pattern).empty());
    }
}

TEST_CASE("DNS names are compared as a whole, without regard to case") {
    CHECK(dns_matches("client.example.org", "client.example.org"));
    CHECK(dns_matches("Client.Example.org", "client.example.ORG"));
    CHECK_FALSE(dns_matches("example.org", "client.example.org"));
    CHECK_FALSE(dns_matches("client.example.org", "client.example.org."));
    CHECK_FALSE(dns_matches("client.example.org", "*.example.org"));
    CHECK_FALSE(dns_matches("client.example.org", ""));
    CHECK_FALSE(dns_matches("client.example.org", std::string("client.example.org\0.evil.test", 29)));
}

TEST_CASE("'*' is one whole segment of the path of a URI") {
    const std::string pattern = "spiffe://example.org/ns/prod/*";
    CHECK(uri_matches(pattern, "spiffe://example.org/ns/prod/api"));
    CHECK(uri_matches(pattern, "SPIFFE://EXAMPLE.org/ns/prod/api"));
    for (const std::string uri : {"spiffe://example.org/ns/prod",
                                  "spiffe://example.org/ns/prod/",
                                  "spiffe://example.org/ns/prod/a/b",
                                  "spiffe://example.org/ns/prod/a/",
                                  "spiffe://example.org/ns/prod/.",
                                  "spiffe://example.org/ns/prod/..",
                                  "spiffe://example.org/ns/prod//a",
                                  "spiffe://example.org/ns/prod/a%2Fb",
                                  "spiffe://example.org/ns/prod/%61",
                                  "spiffe://example.org/ns/prod/a?b",
                                  "spiffe://example.org/ns/prod/a#b",
                                  "spiffe://example.org/ns/Prod/a",
                                  "spiffe://example.org/ns/test/../prod/a",
                                  "spiffe://example.org.evil.test/ns/prod/a",
                                  "spiffe://u@example.org/ns/prod/a",
                                  "spiffe://example.org:1/ns/prod/a",
                                  "spiffe://example.org/ns/prod/a b",
                                  "spiffe://example.org/ns/prod/a\\b",
                                  "https://example.org/ns/prod/a",
                                  "x://spiffe://example.org/ns/prod/a",
                                  "spiffe:example.org/ns/prod/a",
                                  "spiffe:/example.org/ns/prod/a",
                                  "//example.org/ns/prod/a",
                                  "",
                                  "spiffe://example.org/ns/prod/b\xc3\xbc"}) {
        INFO(uri);
        CHECK_FALSE(uri_matches(pattern, uri));
    }
    const std::string inner = "spiffe://example.org/ns/*/sa/api";
    CHECK(uri_matches(inner, "spiffe://example.org/ns/prod/sa/api"));
    CHECK_FALSE(uri_matches(inner, "spiffe://example.org/ns/sa/api"));
    CHECK_FALSE(uri_matches(inner, "spiffe://example.org/ns/prod/sa/api/x"));
}

TEST_CASE("URIs are compared byte by byte, but for scheme, host and the digits of escapes") {
    CHECK(uri_matches("spiffe://a.test/x%2Fy", "spiffe://a.test/x%2fy"));
    CHECK_FALSE(uri_matches("spiffe://a.test/x%2Fy", "spiffe://a.test/x/y"));
    CHECK_FALSE(uri_matches("spiffe://a.test/%61", "spiffe://a.test/a"));
    CHECK_FALSE(uri_matches("spiffe://a.test/a", "spiffe://a.test/%61"));
    CHECK_FALSE(uri_matches("spiffe://a.test/a", "spiffe://a.test/A"));
    CHECK_FALSE(uri_matches("spiffe://a.test/%2Fa", "spiffe://a.test/%2FA"));
    CHECK(uri_matches("urn:example:app", "URN:example:app"));
    CHECK_FALSE(uri_matches("urn:example:app", "urn:example:App"));
    CHECK_FALSE(uri_matches("https://a.test/", "https://a.test"));
    CHECK(uri_matches("https://a.test/?q#f", "https://a.test/?q#f"));
    CHECK_FALSE(uri_matches("https://a.test/", "https://a.test/?q"));
    CHECK_FALSE(uri_matches("spiffe://a.test/x", "spiffe://a.test/x" + std::string(2048, 'a')));
}

TEST_CASE("a pattern of one kind matches no name of the other") {
    CHECK_FALSE(uri_matches("client.example.org", "client.example.org"));
    CHECK_FALSE(dns_matches("urn:example:app", "urn:example:app"));
}

TEST_CASE("one of several names is enough, and one with a control byte is too many") {
    const std::vector<std::string> uris{"spiffe://other.test/a", "spiffe://example.org/a"};
    CHECK(client_name_matches("spiffe://example.org/a", {uris, {}}));
    const std::vector<std::string> bad{std::string("a\0b", 3)};
    CHECK_FALSE(client_name_matches("spiffe://example.org/a", {uris, bad}));
    CHECK(has_control_byte({uris, bad}));
    CHECK_FALSE(has_control_byte({uris, {}}));
    const std::vector<std::string> line{"x\r\nX-Gate-Account-Id: y"};
    CHECK(has_control_byte({line, {}}));
}
