#include <gate/config/rules.hpp>
#include <gate/config/scalars.hpp>

#include <catch.hpp>
#include <string>
#include <vector>

using namespace gate::config;

TEST_CASE("a URL is taken apart") {
    const auto [text, expected] = GENERATE(table<std::string, url>({
        {"http://api", {false, "api", 80, ""}},
        {"https://API.Example.com", {true, "api.example.com", 443, ""}},
        {"HTTP://127.0.0.1:3000/", {false, "127.0.0.1", 3000, ""}},
        {"http://[::1]:8080", {false, "::1", 8080, ""}},
        {"http://[0:0::1]", {false, "::1", 80, ""}},
        {"https://a_b-c.d/x/y/", {true, "a_b-c.d", 443, "/x/y"}},
        {"https://h:1/a@b;c%2F", {true, "h", 1, "/a@b;c%2F"}},
    }));
    INFO(text);
    const auto got = parse_url(text);
    INFO(got.error());
    REQUIRE(got);
    CHECK(*got == expected);
}

TEST_CASE("a bad URL is refused with a sentence that helps") {
    const auto [text, expected] = GENERATE(table<std::string, std::string>({
        {"", "needs a URL that begins with http:// or https://"},
        {"api:3000", "needs a URL that begins with http:// or https://"},
        {"ftp://api", "needs a URL that begins with http:// or https://"},
        {"http", "needs '://' and a host after http"},
        {"http://", "has no host"},
        {"http://:80", "has no host"},
        {"http://u:hunter2@api", "must not have a user or password"},
        {"http://@api", "must not have a user or password"},
        {"http://api/?q", "must not have a query"},
        {"http://api?q", "must not have a query"},
        {"http://api/#f", "must not have a fragment"},
        {"http://api:", "needs a port from 1 to 65535, not ''"},
        {"http://api:0", "needs a port from 1 to 65535, not '0'"},
        {"http://api:65536", "needs a port from 1 to 65535, not '65536'"},
        {"http://api:+80", "needs a port from 1 to 65535, not '+80'"},
        {"http://api:http", "needs a port from 1 to 65535, not 'http'"},
        {"http://::1:80", "needs brackets around an IPv6 address, such as [::1]:8080"},
        {"http://[::1", "has a '[' without ']'"},
        {"http://[::1]80", "needs ':' and a port after ']'"},
        {"http://[api]", "needs an IPv6 address in the brackets, not 'api'"},
        {"http://[127.0.0.1]", "needs an IPv6 address in the brackets, not '127.0.0.1'"},
        {"http://a b", "'a b' is neither a host name nor an IP address"},
        {"http://a..b", "'a..b' is neither a host name nor an IP address"},
        {"http://api.", "'api.' is neither a host name nor an IP address"},
        {"http://-a", "'-a' is neither a host name nor an IP address"},
        {"http://127.1", "'127.1' is neither a host name nor an IP address"},
        {"http://0177.0.0.1", "'0177.0.0.1' is neither a host name nor an IP address"},
        {"http://0x7f000001", "'0x7f000001' is neither a host name nor an IP address"},
        {"http://2130706433", "'2130706433' is neither a host name nor an IP address"},
        {"http://256.0.0.1", "'256.0.0.1' is neither a host name nor an IP address"},
        {"http://api/a/../b", "must not have '.' or '..' segments"},
        {"http://api/a//b", "must not contain '//'"},
        {"http://api/a b", "has the character ' ', which must be percent-encoded"},
        {"http://api/%zz", "has a '%' without two hexadecimal digits"},
    }));
    INFO(text);
    const auto got = parse_url(text);
    CHECK_FALSE(got);
    CHECK(got.error() == expected);
}

TEST_CASE("an upstream may be a Unix socket") {
    for (const std::string& path :
         std::vector<std::string>{"/run/app/api.sock", "@name", "/a b", "/" + std::string(106, 'x')}) {
        INFO(path);
        const auto got = parse_upstream("unix:" + path);
        REQUIRE(got);
        CHECK(got->socket == path);
        CHECK(got->host.empty());
        CHECK(format_url(*got) == "unix:" + path);
        CHECK(check_upstream_url(*got).empty());
        CHECK_FALSE(parse_url("unix:" + path));
    }
    CHECK(*parse_upstream("http://a:1") == *parse_url("http://a:1"));
    for (const std::string path : {"", "/", "@", "run/api.sock", "//run/api.sock", "./api.sock"}) {
        INFO(path);
        CHECK(parse_upstream("unix:" + path).error() ==
              "needs an absolute path after unix:, such as unix:/run/app/api.sock, or '@' and a name");
    }
    CHECK(parse_upstream("unix:/" + std::string(107, 'x')).error() ==
          "has a path of more than 107 bytes, which no Unix socket can have");
    CHECK(parse_upstream("unix:/a\nb").error() == "must be UTF-8 without control characters");
    CHECK(parse_upstream(std::string("unix:/a\0b", 9)).error() == "must be UTF-8 without control characters");
}

TEST_CASE("a listener has an IP address and a port") {
    CHECK(*parse_listen_address("0.0.0.0:8080") == listen_address{"0.0.0.0", 8080});
    CHECK(*parse_listen_address("[0::1]:0") == listen_address{"::1", 0});
    const auto [text, expected] = GENERATE(table<std::string, std::string>({
        {"8080", "needs an address and a port, such as 0.0.0.0:8080"},
        {"", "needs an address and a port, such as 0.0.0.0:8080"},
        {"0.0.0.0", "needs an address and a port, such as 0.0.0.0:8080"},
        {":8080", "needs an address; 0.0.0.0 and [::] mean all addresses"},
        {"*:8080", "needs an address; 0.0.0.0 and [::] mean all addresses"},
        {"localhost:8080", "needs an IP address, not 'localhost' (write 127.0.0.1)"},
        {"api:8080", "needs an IP address, not 'api'"},
        {"127.1:8080", "needs an IP address, not '127.1'"},
        {"[127.0.0.1]:80", "needs an IP address, not '127.0.0.1'"},
        {"::1:8080", "needs brackets around an IPv6 address, such as [::1]:8080"},
        {"[::1:8080", "has a '[' without ']'"},
        {"0.0.0.0:65536", "needs a port from 0 to 65535, not '65536'"},
        {"0.0.0.0:", "needs a port from 0 to 65535, not ''"},
        {"0.0.0.0:-1", "needs a port from 0 to 65535, not '-1'"},
    }));
    INFO(text);
    const auto got = parse_listen_address(text);
    CHECK_FALSE(got);
    CHECK(got.error() == expected);
}

TEST_CASE("a listener may have a Unix socket, or sockets of systemd") {
    const auto unix_socket = parse_listen_address("unix:/run/app.sock");
    REQUIRE(unix_socket);
    CHECK(unix_socket->socket == "/run/app.sock");
    CHECK(unix_socket->is_socket());
    const auto from_systemd = parse_listen_address("systemd:http");
    REQUIRE(from_systemd);
    CHECK(from_systemd->systemd_name == "http");
    CHECK(from_systemd->is_from_systemd());
    CHECK(parse_listen_address("127.0.0.1:1")->is_tcp());
    CHECK(parse_listen_address("unix:/" + std::string(106, 'x')));
    const std::string socket = "needs an absolute path after unix:, such as unix:/run/gate-sidecar/http.sock";
    const std::string name =
        "needs a name after systemd:, such as systemd:http (1 to 255 ASCII characters without spaces, "
        "control "
        "characters and ':')";
    const auto [text, expected] = GENERATE_COPY(table<std::string, std::string>({
        {"unix:", socket},
        {"unix:/", socket},
        {"unix:run/app.sock", socket},
        {"unix://run/app.sock", socket},
        {"unix:/run/", socket},
        {"unix:@app", "must not be an abstract name: it would have no permissions"},
        {"unix:/" + std::string(107, 'x'),
         "has a path of more than 107 bytes, which no Unix socket can have"},
        {"unix:/a\nb", "must be UTF-8 without control characters"},
        {std::string("unix:/a\0b", 9), "must be UTF-8 without control characters"},
        {"systemd:", name},
        {"systemd:a:b", name},
        {"systemd:a b", name},
        {"systemd:" + std::string(256, 'x'), name},
    }));
    INFO(text);
    const auto got = parse_listen_address(text);
    CHECK_FALSE(got);
    CHECK(got.error() == expected);
}

TEST_CASE("the permissions of a socket are four octal digits that let somebody connect") {
    CHECK(*parse_socket_mode("0660") == 0660);
    CHECK(*parse_socket_mode("0222") == 0222);
    CHECK(format_socket_mode(*parse_socket_mode("0666")) == "0666");
    for (const std::string text : {"660", "0680", "1660", "00660", "", "0x66", "-066"}) {
        INFO(text);
        CHECK_FALSE(parse_socket_mode(text));
    }
    CHECK(parse_socket_mode("0444").error() == "lets nobody connect: that needs the right to write");
}

TEST_CASE("all peers on a Unix socket are named by a word") {
    CHECK(*parse_network("unix") == network{"unix", 0});
    CHECK(format_network(*parse_network("unix")) == "unix");
    CHECK_FALSE(parse_network("unix/8"));
    CHECK_FALSE(parse_network("UNIX"));
}

TEST_CASE("a network is an address or a range in canonical form") {
    const auto [text, expected] = GENERATE(table<std::string, network>({
        {"10.0.0.0/8", {"10.0.0.0", 8}},
        {"192.0.2.7", {"192.0.2.7", 32}},
        {"0.0.0.0/0", {"0.0.0.0", 0}},
        {"::1", {"::1", 128}},
        {"2001:DB8:0::/33", {"2001:db8::", 33}},
    }));
    INFO(text);
    const auto got = parse_network(text);
    REQUIRE(got);
    CHECK(*got == expected);
    CHECK(*parse_network(format_network(*got)) == expected);
}

TEST_CASE("a bad network is refused with a sentence that helps") {
    const auto [text, expected] = GENERATE(table<std::string, std::string>({
        {"10.0.0.1/8", "'10.0.0.1/8' has bits beyond its prefix; did you mean 10.0.0.0/8?"},
        {"10.0.0.1/31", "'10.0.0.1/31' has bits beyond its prefix; did you mean 10.0.0.0/31?"},
        {"2001:db8::1/64", "'2001:db8::1/64' has bits beyond its prefix; did you mean 2001:db8::/64?"},
        {"10.0.0.0/33", "needs a prefix from 0 to 32 in '10.0.0.0/33'"},
        {"::/129", "needs a prefix from 0 to 128 in '::/129'"},
        {"10.0.0.0/", "needs a prefix from 0 to 32 in '10.0.0.0/'"},
        {"10.0.0.0/255.0.0.0", "needs a prefix from 0 to 32 in '10.0.0.0/255.0.0.0'"},
        {"10.0.0/8", "'10.0.0/8' is not an address range, such as 10.0.0.0/8"},
        {"proxy", "'proxy' is not an address range, such as 10.0.0.0/8"},
        {"", "'' is not an address range, such as 10.0.0.0/8"},
        {"::ffff:10.0.0.1", "needs the IPv4 notation of '::ffff:10.0.0.1'"},
    }));
    INFO(text);
    const auto got = parse_network(text);
    CHECK_FALSE(got);
    CHECK(got.error() == expected);
}

TEST_CASE("an address that only resembles one up to a NUL is none") {
    CHECK_FALSE(canonical_address(std::string_view("127.0.0.1\0x", 11)));
    CHECK(canonical_address("127.0.0.1") == "127.0.0.1");
}

TEST_CASE("the loopback is 127.0.0.0/8, ::1 and localhost") {
    CHECK(is_loopback("127.0.0.1"));
    CHECK(is_loopback("127.255.3.4"));
    CHECK(is_loopback("::1"));
    CHECK(is_loopback("localhost"));
    CHECK(is_loopback("LocalHost"));
    CHECK_FALSE(is_loopback("128.0.0.1"));
    CHECK_FALSE(is_loopback("::"));
    CHECK_FALSE(is_loopback("localhost.example.com"));
    CHECK_FALSE(is_loopback("127.example.com"));
}

TEST_CASE("URLs and addresses are printed as they are read") {
    for (const std::string text : {"http://[::1]:8080/a", "https://api.usefoil.com", "http://h"}) {
        CHECK(format_url(*parse_url(text)) == text);
    }
    for (const std::string text : {"[::]:8080", "127.0.0.1:1", "unix:/run/a b.sock", "systemd:http-1.x"})
        CHECK(format_listen_address(*parse_listen_address(text)) == text);
}
