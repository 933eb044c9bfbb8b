#include <gate/net/proxy_header.hpp>

#include <catch.hpp>
#include <string>

using gate::net::proxy_header;
using gate::net::read_proxy_header;
using state = proxy_header::state;
using namespace std::string_literals;

namespace {

const std::string signature = "\r\n\r\n\0\r\nQUIT\n"s;

std::string number(std::size_t value) {
    return {static_cast<char>(value >> 8U), static_cast<char>(value & 0xffU)};
}

// A header of version 2 around `rest`, whose length may be another than it says.
std::string version_2(char command, char family, const std::string& rest, std::size_t says) {
    return signature + command + family + number(says) + rest;
}
std::string version_2(char command, char family, const std::string& rest) {
    return version_2(command, family, rest, rest.size());
}

const std::string tcp4 = "\xc0\x00\x02\x01"s + "\xc6\x33\x64\x01"s + "\xdc\x04"s + "\x01\xbb"s;
const std::string tcp6 = "\x20\x01\x0d\xb8"s + std::string(11, '\0') + "\x01"s + std::string(15, '\0') +
                         "\x02"s + "\xdc\x04"s + "\x01\xbb"s;
std::string extension(char type, std::size_t size) {
    return type + number(size) + std::string(size, 'x');
}

std::string shown(const proxy_header& header) {
    switch (header.outcome) {
        case state::incomplete: return "incomplete";
        case state::broken: return "broken";
        case state::complete: break;
    }
    if (!header.client) return "unknown";
    const auto address = header.client->address().to_string();
    return address + " " + std::to_string(header.client->port());
}

struct row {
    std::string header;
    std::string meaning;
};

const row rows[] = {
    // version 1
    {"PROXY TCP4 192.0.2.1 198.51.100.1 56324 443\r\n", "192.0.2.1 56324"},
    {"PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535\r\n", "255.255.255.255 65535"},
    {"PROXY TCP4 0.0.0.0 0.0.0.0 0 0\r\n", "0.0.0.0 0"},
    {"PROXY TCP6 2001:db8::1 2001:db8::2 56324 443\r\n", "2001:db8::1 56324"},
    {"PROXY TCP6 ::ffff:192.0.2.1 ::1 1 2\r\n", "::ffff:192.0.2.1 1"},
    {"PROXY TCP6 ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 "
     "65535\r\n",
     "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535"},
    {"PROXY UNKNOWN\r\n", "unknown"},
    {"PROXY UNKNOWN ffff::1 whatever 65535 0\r\n", "unknown"},
    {"PROXY UNKNOWN " + std::string(91, 'x') + "\r\n", "unknown"},  // 107 bytes
    {"PROXY UNKNOWN " + std::string(92, 'x') + "\r\n", "broken"},   // 108 bytes
    {"PROXY UNKNOWNX\r\n", "broken"},
    {"PROXY UNKNOWN \0\r\n"s, "broken"},
    {"PROXY UNKNOWN a\nb\r\n", "broken"},
    {"PROXY UNKNOWN a\rb\r\n", "broken"},
    {"PROXY\r\n", "broken"},
    {"PROXY \r\n", "broken"},
    {"PROXY  TCP4 192.0.2.1 198.51.100.1 56324 443\r\n", "broken"},
    {"PROXY TCP4  192.0.2.1 198.51.100.1 56324 443\r\n", "broken"},
    {"PROXY TCP4 192.0.2.1 198.51.100.1 56324 443 \r\n", "broken"},
    {"PROXY TCP4 192.0.2.1 198.51.100.1 56324 443 1\r\n", "broken"},
    {"PROXY TCP4 192.0.2.1 198.51.100.1 56324\r\n", "broken"},
    {"PROXY TCP4 192.0.2.1\t198.51.100.1 56324 443\r\n", "broken"},
    {"PROXY TCP4 192.0.2.256 198.51.100.1 56324 443\r\n", "broken"},
    {"PROXY TCP4 192.0.2.01 198.51.100.1 56324 443\r\n", "broken"},
    {"PROXY TCP4 192.0.2 198.51.100.1 56324 443\r\n", "broken"},
    {"PROXY TCP4 192.0.2.1 nowhere 56324 443\r\n", "broken"},
    {"PROXY TCP4 2001:db8::1 2001:db8::2 1 2\r\n", "broken"},
    {"PROXY TCP6 192.0.2.1 198.51.100.1 1 2\r\n", "broken"},
    {"PROXY TCP6 fe80::1%eth0 fe80::2 1 2\r\n", "broken"},
    {"PROXY TCP6 1:2:3:4:5:6:7:8:9 ::1 1 2\r\n", "broken"},
    {"PROXY TCP4 192.0.2.1 198.51.100.1 65536 443\r\n", "broken"},
    {"PROXY TCP4 192.0.2.1 198.51.100.1 56324 65536\r\n", "broken"},
    {"PROXY TCP4 192.0.2.1 198.51.100.1 -1 443\r\n", "broken"},
    {"PROXY TCP4 192.0.2.1 198.51.100.1 +1 443\r\n", "broken"},
    {"PROXY TCP4 192.0.2.1 198.51.100.1 01 443\r\n", "broken"},
    {"PROXY TCP4 192.0.2.1 198.51.100.1  443\r\n", "broken"},
    {"PROXY TCP4 192.0.2.1 198.51.100.1 1 2\n", "broken"},
    {"PROXY UDP4 192.0.2.1 198.51.100.1 1 2\r\n", "broken"},
    {"proxy TCP4 192.0.2.1 198.51.100.1 1 2\r\n", "broken"},
    {"PROXY tcp4 192.0.2.1 198.51.100.1 1 2\r\n", "broken"},
    // version 2
    {version_2('\x21', '\x11', tcp4), "192.0.2.1 56324"},
    {version_2('\x21', '\x21', tcp6), "2001:db8::1 56324"},
    {version_2('\x20', '\x00', ""), "unknown"},
    {version_2('\x20', '\x11', tcp4), "unknown"},  // LOCAL: what follows is skipped
    {version_2('\x20', '\x7f', "xyz"), "unknown"},
    {version_2('\x21', '\x00', ""), "unknown"},
    {version_2('\x21', '\x00', "any bytes"), "unknown"},
    {version_2('\x21', '\x31', std::string(216, 'u')), "unknown"},
    {version_2('\x21', '\x11', tcp4 + extension(1, 0) + extension(2, 300)), "192.0.2.1 56324"},
    {version_2('\x21', '\x11', tcp4 + extension(4, 505)), "192.0.2.1 56324"},  // 536 bytes
    {version_2('\x21', '\x11', tcp4 + extension(4, 506)), "broken"},           // 537 bytes
    {version_2('\x21', '\x11', tcp4 + "\x01"), "broken"},
    {version_2('\x21', '\x11', tcp4 + "\x01"s + number(2) + "x"), "broken"},
    {version_2('\x21', '\x11', tcp4 + extension(1, 3) + "\x01\x00"s), "broken"},
    {version_2('\x21', '\x11', tcp4.substr(1)), "broken"},
    {version_2('\x21', '\x21', tcp4), "broken"},
    {version_2('\x21', '\x21', tcp6.substr(1)), "broken"},
    {version_2('\x21', '\x31', std::string(215, 'u')), "broken"},
    {version_2('\x21', '\x12', tcp4), "broken"},  // UDP
    {version_2('\x21', '\x13', tcp4), "broken"},
    {version_2('\x21', '\x41', tcp4), "broken"},
    {version_2('\x22', '\x11', tcp4), "broken"},
    {version_2('\x11', '\x11', tcp4), "broken"},
    {version_2('\x31', '\x11', tcp4), "broken"},
    {version_2('\x21', '\x11', tcp4, 65535), "broken"},
    {version_2('\x21', '\x11', tcp4, tcp4.size() + 1), "incomplete"},
    // neither
    {"GET / HTTP/1.1\r\nHost: a\r\n\r\n", "broken"},
    {"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"s, "broken"},
    {"\r\n\r\nGET / HTTP/1.1\r\n", "broken"},
    {"", "incomplete"},
};

}  // namespace

TEST_CASE("the header of a load balancer says where the client is, or is broken") {
    for (const auto& each : rows) {
        INFO(each.header);
        CHECK(shown(read_proxy_header(each.header)) == each.meaning);
    }
}

TEST_CASE("what follows the header makes no difference, and belongs to the client") {
    for (const auto& each : rows) {
        const auto alone = read_proxy_header(each.header);
        if (alone.outcome != state::complete) continue;
        INFO(each.header);
        CHECK(alone.size == each.header.size());
        for (const auto& more :
             {"\r\n"s, "GET / HTTP/1.1\r\n\r\n"s, "\x16\x03\x01"s, std::string(600, '\0')}) {
            const auto with_more = read_proxy_header(each.header + more);
            CHECK(shown(with_more) == each.meaning);
            CHECK(with_more.size == alone.size);
        }
    }
}

TEST_CASE("a header may come byte by byte: it is incomplete until it is whole") {
    for (const auto& each : rows) {
        const auto whole = read_proxy_header(each.header);
        INFO(each.header);
        for (std::size_t size = 0; size < each.header.size(); ++size) {
            const auto begun = read_proxy_header(each.header.substr(0, size));
            if (whole.outcome == state::complete) REQUIRE(begun.outcome == state::incomplete);
            if (begun.outcome == state::broken) REQUIRE(whole.outcome == state::broken);
        }
    }
}

TEST_CASE("a header that goes on and on is broken, not incomplete") {
    for (const auto& begin : {"PROXY UNKNOWN "s, "PROXY TCP4 192.0.2.1 "s})
        CHECK(shown(read_proxy_header(begin + std::string(107, '1'))) == "broken");
}
