#pragma once
// The other end of a session.

#include <gate/net/address.hpp>
#include <gate/protocol/tls_peer.hpp>

#include <memory>
#include <string>

namespace gate::protocol {

struct peer {
    net::ip_address address;
    std::string address_text;
    bool is_trusted_proxy = false;
    std::unique_ptr<tls_peer> tls{};  // null: the connection is clear

    bool is_over_tls() const noexcept { return tls != nullptr; }
    // See tls_peer.
    core::reason refusal_of(std::string_view host) const noexcept {
        return tls == nullptr ? core::reason::none : tls->refusal_of(host);
    }
    std::string_view client_cert_line() const noexcept {
        return tls == nullptr ? std::string_view() : tls->client_cert_line();
    }
    const telemetry::tls_record* shown_tls() const noexcept {
        return tls == nullptr ? nullptr : &tls->shown();
    }
};

}  // namespace gate::protocol
