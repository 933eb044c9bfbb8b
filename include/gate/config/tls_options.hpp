#pragma once
// What the file says about TLS (RFC 8446, RFC 5246). Paths only: what the files hold is read, checked and
// swapped by others, for it changes while the options stay the same.

#include <cstdint>
#include <string>
#include <vector>

namespace gate::config {

enum class tls_version : std::uint8_t { tls12, tls13 };

// Whether a client must show a certificate, from loose to strict.
enum class client_auth : std::uint8_t {
    none,      // it is not asked for one
    optional,  // one that it shows must be valid
    required,  // without a valid one there is no connection
};

// A chain with its private key, both PEM.
struct certificate_files {
    std::string cert_file{};
    std::string key_file{};
    bool operator==(const certificate_files&) const = default;
};

// Of a listener for requests.
struct listener_tls_options {
    std::vector<certificate_files> certificates{};  // the first is the default; empty: no TLS
    bool strict_sni = false;                        // a name that no certificate has ends the handshake
    tls_version min_version = tls_version::tls12;
    std::string ciphers{};         // of TLS 1.2, as OpenSSL writes them; empty: ECDHE with AEAD
    std::string groups{};          // for the key exchange, as OpenSSL writes them; empty: the library's
    std::string client_ca_file{};  // PEM bundle that clients' certificates must lead to; empty: none
    config::client_auth client_auth = config::client_auth::none;
    // Subject alternative names that may come: DNS names or URIs, '*' is one segment; empty: all.
    std::vector<std::string> client_names{};
    std::string ticket_key_file{};  // keys that all replicas share; empty: our own, renewed every 12 h
    bool operator==(const listener_tls_options&) const = default;

    bool is_on() const noexcept { return !certificates.empty(); }
};

// Of the status and the admin listener.
struct operating_tls_options {
    std::vector<certificate_files> certificates{};  // as above; empty: no TLS
    tls_version min_version = tls_version::tls12;
    bool operator==(const operating_tls_options&) const = default;

    bool is_on() const noexcept { return !certificates.empty(); }
};

// Of an https upstream. Its chain and its name are always verified.
struct upstream_tls_options {
    std::string ca_file{};           // PEM bundle; empty: the system's
    std::string server_name{};       // for SNI and verification; empty: the host of the URL
    std::string client_cert_file{};  // PEM chain that is shown to the upstream; empty: none
    std::string client_key_file{};
    bool operator==(const upstream_tls_options&) const = default;
};

}  // namespace gate::config
