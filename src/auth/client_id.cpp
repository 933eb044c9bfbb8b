#include <gate/auth/client_id.hpp>

#include <algorithm>

namespace gate::auth {
namespace {

constexpr std::size_t v4_begins = 12;
constexpr std::size_t v4_network_ends = 15;
constexpr std::size_t v6_network_ends = 6;

}  // namespace

client_id network_of(const client_id& address) noexcept {
    auto out = address;
    const bool is_v4 = std::all_of(out.bytes.begin(), out.bytes.begin() + v4_begins,
                                   [](std::uint8_t byte) { return byte == 0; });
    std::fill(out.bytes.begin() + (is_v4 ? v4_network_ends : v6_network_ends), out.bytes.end(),
              std::uint8_t{0});
    return out;
}

}  // namespace gate::auth
