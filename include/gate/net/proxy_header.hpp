#pragma once
// The header with which a load balancer says whose connection it passes on: the PROXY protocol, versions 1
// and 2 (haproxy.org/download/2.9/doc/proxy-protocol.txt). Pure.
//
// Stricter than that document where it is lax: a header is at most 107 bytes (version 1) or 536 (version 2)
// long, numbers have no leading zeros, and the parts of version 2 fill it exactly. UDP is refused, because we
// accept streams.

#include <gate/core/asio.hpp>

#include <cstddef>
#include <optional>
#include <string_view>

namespace gate::net {

struct proxy_header {
    enum class state : std::uint8_t {
        incomplete,  // it may still become one
        complete,
        broken,  // it is none, and cannot become one
    };

    state outcome = state::incomplete;
    // Of a complete one; what follows belongs to the client. Of one that is none: what has come, or less; 0
    // only where nothing has.
    std::size_t size = 0;
    // Where the client is. Absent where the balancer speaks for itself (LOCAL), or does not know (UNKNOWN,
    // UNSPEC, a Unix socket): then the connection's own address counts.
    std::optional<core::tcp::endpoint> client{};

    static constexpr std::size_t longest = 536;  // bytes
};

// `received`: what has come so far, from the first byte on. Looks at no byte behind the header.
proxy_header read_proxy_header(std::string_view received);

}  // namespace gate::net
