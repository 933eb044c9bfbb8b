#include <gate/answer/forwarded_client.hpp>
#include <gate/core/text.hpp>

#include <algorithm>
#include <array>

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

std::optional<auth::client_id> read_id(std::string_view address) noexcept {
    std::array<char, INET6_ADDRSTRLEN> text{};
    if (address.empty() || address.size() >= text.size()) return std::nullopt;
    std::ranges::copy(address, text.begin());
    std::array<std::uint8_t, 4> v4{};
    if (::inet_pton(AF_INET, text.data(), v4.data()) == 1) return auth::client_at(v4);
    std::array<std::uint8_t, 16> v6{};
    if (::inet_pton(AF_INET6, text.data(), v6.data()) == 1) return auth::client_at(v6);
    return std::nullopt;
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
