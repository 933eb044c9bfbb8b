#include "asking.hpp"

#include <gate/answer/forwarded_client.hpp>

#include <array>
#include <optional>

using namespace gate;

namespace {

std::optional<std::string> address_of(const std::string& fields) {
    const test::asking one(fields);
    const auto read = answer::read_forwarded_client(one.facts.head);
    if (!read) return std::nullopt;
    return std::string(read->address);
}

auth::client_id id_of(const std::string& address) {
    const test::asking one("X-Forwarded-For: " + address + "\r\n");
    const auto read = answer::read_forwarded_client(one.facts.head);
    REQUIRE(read);
    return read->id;
}

}  // namespace

TEST_CASE("the client is the last entry of X-Forwarded-For, or nobody") {
    const struct {
        std::string fields;
        std::optional<std::string> want;
    } table[] = {
        {"X-Forwarded-For: 192.0.2.1\r\n", "192.0.2.1"},
        {"X-Forwarded-For: 198.51.100.9, 192.0.2.1\r\n", "192.0.2.1"},
        {"X-Forwarded-For: spoofed,192.0.2.1\r\n", "192.0.2.1"},
        {"X-Forwarded-For: 203.0.113.7, 198.51.100.9, 192.0.2.1\r\n", "192.0.2.1"},
        {"X-Forwarded-For: 198.51.100.9\r\nX-Forwarded-For: 192.0.2.1\r\n", "192.0.2.1"},
        {"X-Forwarded-For: 192.0.2.1:4711\r\n", "192.0.2.1"},
        {"X-Forwarded-For: 2001:db8::1\r\n", "2001:db8::1"},
        {"X-Forwarded-For: [2001:db8::1]:4711\r\n", "2001:db8::1"},
        {"", std::nullopt},
        {"X-Real-IP: 192.0.2.1\r\n", std::nullopt},
        {"X_Forwarded_For: 192.0.2.1\r\n", std::nullopt},
        {"X-Forwarded-For:\r\n", std::nullopt},
        {"X-Forwarded-For: 192.0.2.1,\r\n", std::nullopt},
        {"X-Forwarded-For: 192.0.2.1, unknown\r\n", std::nullopt},
        {"X-Forwarded-For: 192.0.2.1\r\nX-Forwarded-For:\r\n", std::nullopt},
        {"X-Forwarded-For: 192.0.2\r\n", std::nullopt},
        {"X-Forwarded-For: 192.0.2.1.example\r\n", std::nullopt},
        {"X-Forwarded-For: fe80::1%eth0\r\n", std::nullopt},
        {"X-Forwarded-For: [2001:db8::1\r\n", std::nullopt},
        {"X-Forwarded-For: " + std::string(100, '1') + "\r\n", std::nullopt},
    };
    for (const auto& row : table) {
        INFO(row.fields);
        CHECK(address_of(row.fields) == row.want);
    }
}

TEST_CASE("an IPv6 client is its network, and a mapped address is the IPv4 one") {
    CHECK(id_of("2001:db8::1") == id_of("2001:db8::2"));
    CHECK_FALSE(id_of("2001:db8::1") == id_of("2001:db8:0:1::1"));
    CHECK(id_of("::ffff:192.0.2.1") == id_of("192.0.2.1"));
    CHECK_FALSE(id_of("192.0.2.1") == id_of("192.0.2.2"));
    CHECK(id_of("192.0.2.1").bytes ==
          std::array<std::uint8_t, 16>{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 192, 0, 2, 1});
}
