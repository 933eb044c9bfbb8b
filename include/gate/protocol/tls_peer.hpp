#pragma once
// What the TLS of a client's connection means for its requests: whether they may come at all, whatever their
// tokens say, and what the upstream and the log are told.

#include <gate/core/reason.hpp>
#include <gate/net/tls_handshake.hpp>
#include <gate/telemetry/access_log.hpp>

#include <span>
#include <string>
#include <string_view>

namespace gate::protocol {

// What the configuration of now says of clients' certificates, at one door.
struct certificate_rules {
    std::span<const std::string> client_names{};  // listener.tls.client_names; empty: all may come
    config::client_auth client_auth = config::client_auth::none;  // listener.tls.client_auth
    bool compares_host = true;                                    // with the server name of the handshake
    bool tells_upstream = false;                                  // forwarded.client_cert
};

// Not thread-safe: belongs to its session.
class tls_peer {
public:
    // `facts` outlives this object, and does not change.
    explicit tls_peer(const net::tls_facts& facts);
    tls_peer(const tls_peer&) = delete;
    tls_peer& operator=(const tls_peer&) = delete;

    // To be called before the first request, and whenever the configuration has changed.
    void judge(const certificate_rules& by);

    // Why no request for `host`, as received, may pass: client_name_refused or host_not_served_here. It holds
    // in addition to what access decides, never in its place. none: nothing is wrong with the certificate, or
    // there is none and need not be one.
    core::reason refusal_of(std::string_view host) const noexcept;

    // The listener asks more of clients than it did when this one came: it has to come again.
    bool is_outdated() const noexcept { return is_outdated_; }

    // "X-Forwarded-Client-Cert: ...\r\n", or empty.
    std::string_view client_cert_line() const noexcept { return client_cert_line_; }

    // For the access log.
    const telemetry::tls_record& shown() const noexcept { return shown_; }

private:
    const net::tls_facts& facts_;
    std::string names_text_;  // what shown_ says of them
    std::string client_cert_line_{};
    telemetry::tls_record shown_;
    core::reason refusal_ = core::reason::client_name_refused;  // of all its requests, until it is judged
    bool compares_host_ = true;
    bool is_outdated_ = false;
};

}  // namespace gate::protocol
