#pragma once
// Who is counted, and held to account, on the other side.

#include <array>
#include <cstdint>

namespace gate::auth {

// An IPv4 address (in the last four bytes), or the network part of an IPv6 one, which a customer of any
// provider has to himself.
struct client_id {
    std::array<std::uint8_t, 16> bytes{};
    bool operator==(const client_id&) const = default;
};

// Whom to count an address for, of which the bytes are in network order. An IPv6 address stands for its whole
// /64; one that is a mapped IPv4 address is that.
client_id client_at(const std::array<std::uint8_t, 4>& v4) noexcept;
client_id client_at(const std::array<std::uint8_t, 16>& v6) noexcept;

// The /24 of an IPv4 address, the /48 of an IPv6 one: one party often has all addresses of such a network.
client_id network_of(const client_id& address) noexcept;

}  // namespace gate::auth
