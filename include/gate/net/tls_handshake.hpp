#pragma once
// Turns a connected stream into one of TLS. Afterwards its operations read and write what is inside the
// records.

#include <gate/core/clock.hpp>
#include <gate/core/task.hpp>
#include <gate/net/stream.hpp>
#include <gate/net/tls_context.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace gate::net {

enum class handshake_result : std::uint8_t {
    ok,
    timed_out,  // `until` has passed
    refused,    // by us: a name that is not served, a certificate that is missing or does not verify
    untrusted,  // as a client: the chain does not verify (unknown CA, expired)
    misnamed,   // as a client: the certificate is of another name
    failed,     // anything else: not TLS, no version or cipher in common, an alert, the connection's end
    cut,        // by our own cut()
};

// What a handshake has agreed on. Lives as long as its stream.
struct tls_facts {
    std::string_view version{};  // "1.2", "1.3"
    std::string_view cipher{};   // IANA's name
    std::string server_name{};   // SNI in lower case; empty: none
    std::string_view alpn{};     // empty: none agreed on
    bool resumed = false;
    // What the listener asked of clients when the handshake began.
    config::client_auth client_auth = config::client_auth::none;
    bool has_client_certificate = false;          // verified
    std::string client_subject{};                 // RFC 2253
    std::vector<std::string> client_uris{};       // SANs of the client's certificate
    std::vector<std::string> client_dns_names{};  // in lower case
    std::string client_sha256{};                  // of its DER, lower-case hex
};

// As a server. Unless it is `ok`, `on` is of no use any more but to be closed; the peer has been told why.
core::task<handshake_result> accept_tls(stream& on, std::shared_ptr<server_tls> with, core::time_point until);
// As a client, of a server whose certificate must have `server_name`: a DNS name, or an address, which is not
// sent as SNI.
core::task<handshake_result> connect_tls(stream& on, std::shared_ptr<client_tls> with,
                                         std::string_view server_name, core::time_point until);

// Null: it is in clear text, or its handshake has not come to its end.
const tls_facts* facts_of(const stream& of) noexcept;

// Why it is broken, in OpenSSL's words: "certificate has expired". Static storage; no secret is in it.
std::string_view failure_text_of(const stream& of) noexcept;

// Whether the client of accept_tls has sent a whole ClientHello, or has begun to.
bool has_said_hello(const stream& on) noexcept;
bool has_begun_handshake(const stream& on) noexcept;

}  // namespace gate::net
