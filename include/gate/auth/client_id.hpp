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

}  // namespace gate::auth
