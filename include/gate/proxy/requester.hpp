#pragma once
// Who sends a request: the other end of its connection, and for whom that speaks.

#include <gate/http/head.hpp>
#include <gate/net/address.hpp>
#include <gate/protocol/peer.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace gate::proxy {

using protocol::peer;

class requester {
public:
    // `peer` outlives this object.
    explicit requester(const proxy::peer& peer) noexcept : peer_(peer) {}

    // Rule 7: what X-Forwarded-For says counts from a trusted proxy alone, and only for logs and limits.
    void believe_forwarded_for(const http::request_head& head, const net::network_set& trusted);

    const proxy::peer& peer() const noexcept { return peer_; }
    const net::ip_address& address() const noexcept { return forwarded_ ? *forwarded_ : peer_.address; }
    std::string_view address_text() const noexcept {
        return forwarded_ ? std::string_view(text_) : peer_.address_text;
    }
    // All that a trusted proxy has sent in X-Forwarded-For; empty: nothing.
    std::string_view forwarded_for() const noexcept { return forwarded_for_; }

private:
    const proxy::peer& peer_;
    std::optional<net::ip_address> forwarded_;
    std::string forwarded_for_;
    std::string text_;
};

}  // namespace gate::proxy
