#pragma once
// The other end of a session.

#include <gate/net/remote.hpp>
#include <gate/protocol/tls_peer.hpp>
#include <gate/telemetry/labels.hpp>

#include <memory>
#include <optional>
#include <string>

namespace gate::protocol {

// By which listener a connection has come in. Outlives its sessions.
struct entrance {
    telemetry::listener_index listener = 0;  // as metrics name it
    std::string socket{};                    // the path of a Unix socket; else empty
};

inline const entrance only_entrance{};

struct peer {
    // Of the client that the connection is of; 0.0.0.0 where it is not known: all those count as one.
    net::ip_address address;
    std::string address_text;       // "unix" where it is not known
    bool is_trusted_proxy = false;  // by its socket
    bool has_address = true;
    net::remote socket{};  // what it has connected from: whose word counts
    const entrance* by = &only_entrance;
    std::unique_ptr<tls_peer> tls{};  // null: the connection is clear

    bool is_over_tls() const noexcept { return tls != nullptr; }
    // See tls_peer.
    core::reason refusal_of(std::string_view host) const noexcept {
        return tls == nullptr ? core::reason::none : tls->refusal_of(host);
    }
    bool must_come_again() const noexcept { return tls != nullptr && tls->is_outdated(); }
    std::string_view client_cert_line() const noexcept {
        return tls == nullptr ? std::string_view() : tls->client_cert_line();
    }
    const telemetry::tls_record* shown_tls() const noexcept {
        return tls == nullptr ? nullptr : &tls->shown();
    }
};

// Who is at the other end of `socket`. `client`: where another party has said so (PROXY protocol).
inline peer make_peer(const net::remote& socket, const entrance& by,
                      const std::optional<net::ip_address>& client = std::nullopt) {
    const bool has_address = client || !socket.is_unix;
    const auto address = client ? net::canonical(*client) : socket.address;
    return {.address = address,
            .address_text = has_address ? net::to_text(address) : "unix",
            .is_trusted_proxy = false,
            .has_address = has_address,
            .socket = socket,
            .by = &by};
}

}  // namespace gate::protocol
