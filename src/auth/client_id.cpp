#include <gate/auth/client_id.hpp>

#include <algorithm>

namespace gate::auth {
namespace {

constexpr std::size_t v4_begins = 12;
constexpr std::size_t v4_network_ends = 15;
constexpr std::size_t v6_network_ends = 6;
constexpr std::size_t v6_client_ends = 8;
constexpr std::array<std::uint8_t, v4_begins> mapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

}  // namespace

client_id client_at(const std::array<std::uint8_t, 4>& v4) noexcept {
    client_id out;
    std::copy(v4.begin(), v4.end(), out.bytes.begin() + v4_begins);
    return out;
}

client_id client_at(const std::array<std::uint8_t, 16>& v6) noexcept {
    client_id out;
    if (std::equal(mapped.begin(), mapped.end(), v6.begin())) {
        std::copy(v6.begin() + v4_begins, v6.end(), out.bytes.begin() + v4_begins);
    } else {
        std::copy_n(v6.begin(), v6_client_ends, out.bytes.begin());
    }
    return out;
}

client_id network_of(const client_id& address) noexcept {
    auto out = address;
    const bool is_v4 = std::all_of(out.bytes.begin(), out.bytes.begin() + v4_begins,
                                   [](std::uint8_t byte) { return byte == 0; });
    std::fill(out.bytes.begin() + (is_v4 ? v4_network_ends : v6_network_ends), out.bytes.end(),
              std::uint8_t{0});
    return out;
}

}  // namespace gate::auth
