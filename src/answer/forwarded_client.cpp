#include <gate/answer/forwarded_client.hpp>
#include <gate/core/text.hpp>

#include <algorithm>
#include <array>
#include <cstring>

#include <arpa/inet.h>

namespace gate::answer {
namespace {

// Some balancers write "192.0.2.1:4711" and "[2001:db8::1]:4711".
std::string_view without_port(std::string_view text) noexcept {
    if (text.starts_with('[')) {
        const auto end = text.find(']');
        return end == std::string_view::npos ? text : text.substr(1, end - 1);
    }
    const auto colon = text.find(':');
    const bool has_port =
        colon != std::string_view::npos && text.find(':', colon + 1) == std::string_view::npos;
    return has_port ? text.substr(0, colon) : text;
}

constexpr std::size_t v4_size = 4;
constexpr std::size_t v6_size = 16;
constexpr std::size_t v6_network_size = 8;  // a /64 is one client
constexpr std::array<std::uint8_t, v6_size - v4_size> mapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

std::optional<auth::client_id> read_id(std::string_view address) noexcept {
    std::array<char, INET6_ADDRSTRLEN> text{};
    if (address.empty() || address.size() >= text.size()) return std::nullopt;
    std::ranges::copy(address, text.begin());
    std::array<std::uint8_t, v6_size> bytes{};
    auth::client_id out;
    const auto v4_at = out.bytes.end() - v4_size;
    if (::inet_pton(AF_INET, text.data(), bytes.data()) == 1) {
        std::copy_n(bytes.begin(), v4_size, v4_at);
    } else if (::inet_pton(AF_INET6, text.data(), bytes.data()) != 1) {
        return std::nullopt;
    } else if (std::equal(mapped.begin(), mapped.end(), bytes.begin())) {
        std::copy_n(bytes.begin() + mapped.size(), v4_size, v4_at);
    } else {
        std::copy_n(bytes.begin(), v6_network_size, out.bytes.begin());
    }
    return out;
}

}  // namespace

std::optional<forwarded_client> read_forwarded_client(const http::request_head& asking) noexcept {
    const http::field* last = nullptr;
    for (const auto& field : asking.fields)
        if (field.id == http::field_id::x_forwarded_for) last = &field;
    if (last == nullptr) return std::nullopt;
    const auto comma = last->value.rfind(',');
    const auto entry = comma == std::string_view::npos ? last->value : last->value.substr(comma + 1);
    const auto address = without_port(core::trim(entry));
    const auto id = read_id(address);
    if (!id) return std::nullopt;
    return forwarded_client{*id, address};
}

}  // namespace gate::answer
