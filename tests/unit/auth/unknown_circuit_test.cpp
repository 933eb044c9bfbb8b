#include <gate/auth/unknown_circuit.hpp>

#include <catch.hpp>

using gate::auth::client_id;
using gate::auth::network_of;
using gate::auth::unknown_circuit;

namespace {

client_id v4(std::uint8_t c, std::uint8_t d) {
    client_id out;
    out.bytes[12] = 192;
    out.bytes[14] = c;
    out.bytes[15] = d;
    return out;
}

client_id v6(std::uint8_t third, std::uint8_t fourth) {
    client_id out;
    out.bytes[0] = 0x20;
    out.bytes[5] = third;
    out.bytes[7] = fourth;
    return out;
}

}  // namespace

TEST_CASE("a network is the /24 of an IPv4 address, and the /48 of an IPv6 one") {
    CHECK(network_of(v4(1, 2)) == network_of(v4(1, 3)));
    CHECK_FALSE(network_of(v4(1, 2)) == network_of(v4(2, 2)));
    CHECK(network_of(v6(1, 2)) == network_of(v6(1, 3)));
    CHECK_FALSE(network_of(v6(1, 2)) == network_of(v6(2, 2)));
}

TEST_CASE("rule 28: failures close the lane to their address, then to their network, and not to others") {
    unknown_circuit subject(5);
    for (int i = 0; i < 5; ++i) subject.note_failure(v4(1, 1));
    CHECK(subject.is_open_to(v4(1, 1)));
    CHECK_FALSE(subject.is_open_to(v4(1, 2)));
    for (std::uint8_t i = 2; i < 200; ++i) subject.note_failure(v4(1, i));
    CHECK(subject.is_open_to(v4(1, 250)));
    CHECK(subject.is_open_to_some());
    CHECK_FALSE(subject.is_open());
    CHECK_FALSE(subject.is_open_to(v4(2, 1)));
}

TEST_CASE(
    "rule 28: whoever has an IPv6 /48 does not close the lane to others by its 65536 customer networks") {
    unknown_circuit subject(5);
    for (std::uint8_t i = 0; i < 200; ++i) subject.note_failure(v6(1, i));
    CHECK_FALSE(subject.is_open());
    CHECK_FALSE(subject.is_open_to(v6(2, 1)));
}

TEST_CASE("an outage closes the lane to all by the eighth network that it meets, and an answer opens it") {
    unknown_circuit subject(5);
    for (std::uint8_t i = 0; i < 7; ++i) subject.note_failure(v6(i, 1));
    CHECK_FALSE(subject.is_open());
    CHECK_FALSE(subject.is_open_to(v6(100, 1)));
    subject.note_failure(v4(1, 1));
    CHECK(subject.is_open());
    CHECK(subject.is_open_to(v6(100, 1)));
    subject.note_failure(v6(100, 1));
    subject.reset();
    CHECK_FALSE(subject.is_open_to_some());
    for (int i = 0; i < 5; ++i) subject.note_failure(v4(1, 1));
    CHECK_FALSE(subject.is_open_to(v6(1, 1)));
}
