#include <gate/config/rules.hpp>

#include <catch.hpp>
#include <string>

using namespace gate::config;

TEST_CASE("a path with one reading only is accepted") {
    const std::string path =
        GENERATE("/", "/healthz", "/a/b.c/d", "/a/", "/%41~-_!$&'()+,=:@", "/..a", "/.well-known/x");
    INFO(path);
    CHECK(check_path(path).empty());
}

TEST_CASE("a path that servers read differently is refused") {
    const auto [path, expected] = GENERATE(table<std::string, std::string>({
        {"", "must begin with '/'"},
        {"healthz", "must begin with '/'"},
        {"*", "must begin with '/'"},
        {"/a?b", "must not have a query"},
        {"/a#b", "must not have a fragment"},
        {"/a\\b", "must not contain a backslash"},
        {"/a;b", "must not contain ';'"},
        {"/a//b", "must not contain '//'"},
        {"//", "must not contain '//'"},
        {"/.", "must not have '.' or '..' segments"},
        {"/a/./b", "must not have '.' or '..' segments"},
        {"/a/..", "must not have '.' or '..' segments"},
        {"/../a", "must not have '.' or '..' segments"},
        {"/a%2Fb", "contains %2F, which servers interpret differently"},
        {"/a%2fb", "contains %2F, which servers interpret differently"},
        {"/a%5Cb", "contains %5C, which servers interpret differently"},
        {"/%2e%2e/b", "contains %2E, which servers interpret differently"},
        {"/a%00", "contains %00, which servers interpret differently"},
        {"/a%3b", "contains %3B, which servers interpret differently"},
        {"/ok%20x/a%23", "contains %23, which servers interpret differently"},
        {"/a%25b", "contains %25, which servers interpret differently"},
        {"/a%0Ab", "contains %0A, which servers interpret differently"},
        {"/a%7f", "contains %7F, which servers interpret differently"},
        {"/a%2", "has a '%' without two hexadecimal digits"},
        {"/a%", "has a '%' without two hexadecimal digits"},
        {"/a%g0", "has a '%' without two hexadecimal digits"},
        {"/a b", "has the character ' ', which must be percent-encoded"},
        {"/\xc3\xa9", "has the character '?', which must be percent-encoded"},
        {"/a\"", "has the character '\"', which must be percent-encoded"},
    }));
    INFO(path);
    CHECK(check_path(path) == expected);
}

TEST_CASE("a path has at most 1024 bytes") {
    CHECK(check_path("/" + std::string(1023, 'a')).empty());
    CHECK(check_path("/" + std::string(1024, 'a')) == "must not be longer than 1024 bytes");
}

TEST_CASE("the account's header is a field name of its own") {
    for (const std::string name : {"X-Gate-Account-Id", "X-Account", "account_id", "!#$%&'*+-.^_`|~9"}) {
        INFO(name);
        CHECK(check_header_name(name).empty());
    }
    const auto [name, expected] = GENERATE(table<std::string, std::string>({
        {"", "needs the name of a header field"},
        {"X Account", "has the character ' ', which no header field name may have"},
        {"X-Account:", "has the character ':', which no header field name may have"},
        {"X-Account\r\nEvil", "has the character '?', which no header field name may have"},
        {"X-\xc3\xa9", "has the character '?', which no header field name may have"},
    }));
    INFO(name);
    CHECK(check_header_name(name) == expected);
    CHECK(check_header_name(std::string(128, 'a')).empty());
    CHECK(check_header_name(std::string(129, 'a')) == "must not be longer than 128 bytes");
}

TEST_CASE("a field with a meaning of its own cannot carry the account") {
    const std::string name =
        GENERATE("Connection", "keep-alive", "Proxy-Connection", "TE", "Trailer", "Transfer-Encoding",
                 "Upgrade", "Content-Length", "Host", "Authorization", "Proxy-Authorization", "Expect",
                 "HTTP2-Settings", "X-Forwarded-For", "X-Request-Id", "Forwarded", "Cookie",
                 "transfer_encoding", "CONTENT.LENGTH", "Content!Length", "Transfer~Encoding",
                 "proxy+connection", "X!Forwarded!For", "X-Real-IP", "X_Original_URL", "True.Client.IP",
                 "HTTP2!Settings", "x-gate-verification", "X_Gate_Assertion", "Via");
    CHECK(check_header_name(name) == "'" + name + "' has another purpose and cannot carry the account");
}

TEST_CASE("a JSON member's name is a short plain word") {
    CHECK(check_member_name("agent_token").empty());
    CHECK(check_member_name(std::string(64, 'a')).empty());
    const std::string name = GENERATE(as<std::string>(), "", "a b", "a\"b", std::string(65, 'a'));
    CHECK(check_member_name(name) == "needs 1 to 64 letters, digits, '_', '-' or '.'");
}

TEST_CASE("a file name is a path, not a key") {
    CHECK(check_file_name("").empty());
    CHECK(check_file_name("/run/secrets/Schl\xc3\xbcssel").empty());
    CHECK(check_file_name("sk_live_abc") == "needs the path of a file, not a secret key");
    CHECK(check_file_name("sk_test_abc") == "needs the path of a file, not a secret key");
    CHECK(check_file_name("a\nb") == "must be UTF-8 without control characters");
    CHECK(check_file_name("a\xff") == "must be UTF-8 without control characters");
    CHECK(check_file_name(std::string(4096, 'a')) == "is too long for a path");
}

TEST_CASE("the name of a TLS server is that of a host, or an address") {
    for (const auto* good : {"", "api.example.com", "api_1", "10.0.0.1", "::1", "2001:db8::A"})
        CHECK(check_server_name(good).empty());
    for (const std::string bad :
         {"api:443", "[::1]", "*.example.com", "a b", ".example.com", "api..example.com", "api/", "a\nb"}) {
        INFO(bad);
        CHECK(check_server_name(bad) ==
              "needs the name of a host, or an IP address without brackets, without a port");
    }
    CHECK_FALSE(check_server_name(std::string(254, 'a')).empty());
}

TEST_CASE("the upstream is http or https without a path") {
    CHECK(check_upstream_url({false, "api", 80, ""}).empty());
    CHECK(check_upstream_url({true, "api", 443, ""}).empty());
    CHECK(check_upstream_url({true, "api", 443, "/v1"}) ==
          "must not have a path: each request keeps its own path");
    CHECK(check_upstream_url({false, "api", 80, "/v1"}) ==
          "must not have a path: each request keeps its own path");
}

TEST_CASE("plain http to Gate is for the loopback only") {
    const std::string refused =
        "must be https: plain http would reveal the secret key and is accepted only for the loopback";
    CHECK(check_gate_url({true, "api.usefoil.com", 443, "/base"}).empty());
    CHECK(check_gate_url({false, "127.0.0.1", 80, ""}).empty());
    CHECK(check_gate_url({false, "::1", 80, ""}).empty());
    CHECK(check_gate_url({false, "localhost", 80, ""}).empty());
    CHECK(check_gate_url({false, "api.usefoil.com", 80, ""}) == refused);
    CHECK(check_gate_url({false, "10.0.0.1", 80, ""}) == refused);
}

TEST_CASE("bytes that are not UTF-8 text are found") {
    const auto npos = std::string_view::npos;
    CHECK(find_bad_byte("plain \xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80", false) == npos);
    CHECK(find_bad_byte("a\tb\r\nc", true) == npos);
    CHECK(find_bad_byte("a\tb", false) == 1);
    const auto [text, expected] = GENERATE(table<std::string, std::size_t>({
        {std::string("ab\0", 3), 2},
        {"a\x04", 1},
        {"\x7f", 0},
        {"a\x80", 1},
        {"\xc0\xaf", 0},
        {"\xc1\xbf", 0},
        {"\xe0\x80\x80", 0},
        {"\xed\xa0\x80", 0},
        {"\xf0\x80\x80\x80", 0},
        {"\xf4\x90\x80\x80", 0},
        {"\xf5\x80\x80\x80", 0},
        {"ok\xe2\x82", 2},
        {"\xff\xfe", 0},
    }));
    CHECK(find_bad_byte(text, true) == expected);
}
