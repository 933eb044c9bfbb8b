#include <gate/core/text.hpp>
#include <gate/net/address.hpp>
#include <gate/net/remote.hpp>

#include <boost/asio/ip/address_v6.hpp>

#include <algorithm>

namespace gate::net {
namespace {

using boost::asio::ip::address_v6;
using boost::asio::ip::make_address;
using boost::asio::ip::make_address_v6;
using boost::asio::ip::network_v6;
using boost::asio::ip::v4_mapped;

address_v6 as_v6(const ip_address& address) {
    return address.is_v4() ? make_address_v6(v4_mapped, address.to_v4()) : address.to_v6();
}

}  // namespace

ip_address canonical(const ip_address& address) {
    if (address.is_v6() && address.to_v6().is_v4_mapped()) {
        return boost::asio::ip::make_address_v4(v4_mapped, address.to_v6());
    }
    return address;
}

std::string to_text(const ip_address& address) {
    return canonical(address).to_string();
}

network_set::network_set(const std::vector<config::network>& networks) {
    for (const auto& network : networks) {
        if (network.address == "unix") {
            has_unix_ = true;
            continue;
        }
        const auto address = make_address(network.address);
        const auto bits = network.prefix + (address.is_v4() ? 96U : 0U);
        ranges_.emplace_back(as_v6(address), static_cast<unsigned short>(bits));
    }
}

// Although IPv4 is kept as mapped, ::/0 does not hold it.
bool network_set::contains(const ip_address& address) const {
    const auto candidate = as_v6(address);
    return std::any_of(ranges_.begin(), ranges_.end(), [&](const network_v6& range) {
        return candidate.is_v4_mapped() == range.address().is_v4_mapped() &&
               network_v6(candidate, range.prefix_length()).network() == range.network();
    });
}

bool network_set::contains(const remote& peer) const {
    return peer.is_unix ? has_unix_ : contains(peer.address);
}

namespace {

// Some balancers write "192.0.2.1:4711" and "[2001:db8::1]:4711".
std::string_view without_port(std::string_view text) {
    if (text.starts_with('[')) {
        const auto end = text.find(']');
        return end == std::string_view::npos ? text : text.substr(1, end - 1);
    }
    const auto colon = text.find(':');
    return colon != std::string_view::npos && text.find(':', colon + 1) == std::string_view::npos
               ? text.substr(0, colon)
               : text;
}

}  // namespace

std::optional<ip_address> client_of(std::string_view forwarded_for, const std::optional<ip_address>& peer,
                                    const network_set& trusted) {
    auto client = peer;
    const auto is_trusted = [&] { return client ? trusted.contains(*client) : trusted.contains_unix(); };
    while (!forwarded_for.empty() && is_trusted()) {
        const auto comma = forwarded_for.rfind(',');
        const auto last = comma == std::string_view::npos ? forwarded_for : forwarded_for.substr(comma + 1);
        core::error_code ec;
        const auto address = make_address(without_port(core::trim(last)), ec);
        if (ec) return client;
        client = canonical(address);
        forwarded_for = comma == std::string_view::npos ? std::string_view{} : forwarded_for.substr(0, comma);
    }
    return client;
}

}  // namespace gate::net
