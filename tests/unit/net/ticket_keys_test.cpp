#include <gate/net/ticket_keys.hpp>

#include <catch.hpp>
#include <string>
#include <vector>

using namespace gate;
using namespace std::chrono_literals;
using net::ticket_keys;

namespace {

const core::time_point start = core::time_point() + 1000h;

bool is_same(const net::ticket_key& a, const net::ticket_key& b) {
    return a.name == b.name && a.cipher_key == b.cipher_key && a.mac_key == b.mac_key;
}

core::secret_string given(char fill) {
    return core::secret_string(std::string(80, fill));
}

}  // namespace

TEST_CASE("our own ticket keys are renewed every 12 hours, and three are kept") {
    ticket_keys keys;
    const auto first = keys.current(start);
    CHECK(is_same(keys.current(start + 11h), first));
    const auto second = keys.current(start + 12h);
    CHECK_FALSE(is_same(second, first));
    CHECK(second.name != first.name);
    CHECK(keys.find(first.name, start + 13h).has_value());
    CHECK_FALSE(keys.find(first.name, start + 13h)->is_current);
    CHECK(keys.find(second.name, start + 13h)->is_current);
    (void)keys.current(start + 24h);
    CHECK(keys.find(first.name, start + 25h).has_value());
    (void)keys.current(start + 36h);
    CHECK_FALSE(keys.find(first.name, start + 36h).has_value());
    CHECK(keys.find(second.name, start + 36h).has_value());
}

TEST_CASE("our own ticket keys do not outlive a quiet time") {
    ticket_keys keys;
    const auto first = keys.current(start);
    CHECK_FALSE(keys.find(first.name, start + 100h).has_value());
}

TEST_CASE("ticket keys that are given stay, and the first encrypts") {
    const std::vector<core::secret_string> both{given('a'), given('b')};
    ticket_keys keys(both);
    CHECK(keys.current(start).cipher_key.front() == 'a');
    CHECK(keys.current(start + 1000h).name.front() == 'a');
    net::ticket_key second{};
    second.name.fill('b');
    REQUIRE(keys.find(second.name, start + 1000h).has_value());
    CHECK_FALSE(keys.find(second.name, start)->is_current);
    second.name.fill('c');
    CHECK_FALSE(keys.find(second.name, start).has_value());
}

TEST_CASE("the parts of a ticket key that is given lie as HAProxy has them") {
    std::string text = std::string(16, 'n') + std::string(32, 'c') + std::string(32, 'm');
    const std::vector<core::secret_string> one{core::secret_string(text)};
    ticket_keys keys(one);
    const auto key = keys.current(start);
    CHECK(key.name.back() == 'n');
    CHECK((key.cipher_key.front() == 'c' && key.cipher_key.back() == 'c'));
    CHECK((key.mac_key.front() == 'm' && key.mac_key.back() == 'm'));
}
