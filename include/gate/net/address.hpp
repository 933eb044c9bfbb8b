#pragma once
// Addresses: text for logs and fields, and the ranges of forwarded.trusted_proxies.

#include <gate/config/config.hpp>
#include <gate/core/asio.hpp>

#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/network_v6.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gate::net {

using ip_address = boost::asio::ip::address;

// "192.0.2.1" or "2001:db8::1"; an IPv4 address mapped into IPv6 is shown as IPv4.
std::string to_text(const ip_address& address);

// The same address with IPv4-mapped IPv6 folded into IPv4.
ip_address canonical(const ip_address& address);

struct remote;

// A set of address ranges, and perhaps all peers on a Unix socket. Thread-safe after construction.
class network_set {
public:
    explicit network_set(const std::vector<config::network>& networks = {});
    bool contains(const ip_address& address) const;
    bool contains_unix() const noexcept { return has_unix_; }
    bool contains(const remote& peer) const;
    bool empty() const noexcept { return ranges_.empty() && !has_unix_; }

private:
    bool has_unix_ = false;
    std::vector<boost::asio::ip::network_v6> ranges_;  // IPv4 as mapped
};

// The client address in an X-Forwarded-For list that came from a trusted proxy: the last one that is not
// itself trusted, or the first of the list if all are. Falls back to `peer` where the list is malformed.
// Nothing: not known, as that of a peer at a Unix socket is.
std::optional<ip_address> client_of(std::string_view forwarded_for, const std::optional<ip_address>& peer,
                                    const network_set& trusted);

}  // namespace gate::net
