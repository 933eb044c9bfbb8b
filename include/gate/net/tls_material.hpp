#pragma once
// The contents of the files that a TLS configuration names, read and checked. Immutable, and shared by all
// threads; each worker makes its own contexts of it (tls_context.hpp).

#include <gate/config/tls_options.hpp>
#include <gate/core/secret_string.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gate::net {

enum class key_kind : std::uint8_t { ecdsa, rsa, ed25519 };
inline constexpr std::string_view to_string(key_kind kind) noexcept {
    return kind == key_kind::ecdsa ? "ecdsa" : kind == key_kind::rsa ? "rsa" : "ed25519";
}

// A chain with its key, which have been found to fit.
struct tls_certificate {
    std::string chain_pem{};  // the leaf first
    core::secret_string key_pem{};
    std::vector<std::string> names{};  // SANs of the leaf: DNS names in lower case, and IP addresses
    std::string first_name{};          // the first of its SANs that is printable, a URI too; may be empty
    std::chrono::sys_seconds not_before{};
    std::chrono::sys_seconds not_after{};
    key_kind kind = key_kind::ecdsa;
    std::string sha256{};  // of the leaf's DER, lower-case hex
    bool operator==(const tls_certificate&) const = default;

    bool is_in_date(std::chrono::sys_seconds now) const noexcept {
        return not_before <= now && now <= not_after;
    }
};

struct server_tls_material {
    std::vector<tls_certificate> certificates{};  // the first is the default; not empty
    bool strict_sni = false;
    config::tls_version min_version = config::tls_version::tls12;
    std::string ciphers{};
    std::string groups{};
    std::string client_ca_pem{};  // empty: no client certificate is asked for
    config::client_auth client_auth = config::client_auth::none;
    std::vector<core::secret_string> ticket_keys{};  // 80 bytes each, the first encrypts; empty: our own
    bool operator==(const server_tls_material&) const = default;
};

struct client_tls_material {
    std::string ca_pem{};  // empty: the system's
    std::optional<tls_certificate> own{};
    bool operator==(const client_tls_material&) const = default;
};

}  // namespace gate::net
