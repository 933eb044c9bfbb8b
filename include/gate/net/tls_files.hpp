#pragma once
// Reads and checks the files that a TLS configuration names. An error is a sentence for the user that begins
// with the name of the file, and never holds what is in it. Sizes are bounded, and nothing waits for a
// writer of a pipe. Thread-safe; each call reads the files afresh.

#include <gate/config/scalars.hpp>
#include <gate/config/tls_options.hpp>
#include <gate/net/tls_material.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace gate::net {

inline constexpr std::size_t most_chain_bytes = 256 * 1024;  // of a file with a certificate
inline constexpr std::size_t most_key_bytes = 64 * 1024;
inline constexpr std::size_t most_bundle_bytes = 4 * 1024 * 1024;  // the system's bundle has 200 KiB
inline constexpr std::size_t most_chain_certificates = 20;
inline constexpr std::size_t most_authorities = 2000;  // in a bundle

// A chain, the leaf first, and the key of that leaf: ECDSA on P-256, P-384 or P-521, RSA of 2048 bits or
// more, or Ed25519, without a pass phrase. Whether it is in date is for the caller to judge.
config::parsed<tls_certificate> read_certificate(const config::certificate_files& from);

// The SHA-256 of the first certificate in the file (of its DER, lower-case hex): what a server shows whose
// chain this is.
config::parsed<std::string> read_certificate_digest(const std::string& cert_file);

// At least one certificate; as PEM, without what else the file holds.
config::parsed<std::string> read_authorities(const std::string& path);

// One to three keys of 80 bytes.
config::parsed<std::vector<core::secret_string>> read_ticket_keys(const std::string& path);

// "" if OpenSSL can use all of the list, else the problem.
std::string check_ciphers(const std::string& list);  // of TLS 1.2
std::string check_groups(const std::string& list);

// What is wrong with the value of a key below `tls`, or with the file that it names.
struct tls_problem {
    std::string key;  // "certificates[0]", "client_ca_file"
    std::string message;
};

// All files of one listener. Null when there are problems. Precondition: TLS is on.
std::shared_ptr<const server_tls_material> read_server_material(const config::listener_tls_options& from,
                                                                std::vector<tls_problem>& problems);
std::shared_ptr<const server_tls_material> read_server_material(const config::operating_tls_options& from,
                                                                std::vector<tls_problem>& problems);

// All files of one upstream. Null when there are problems.
std::shared_ptr<const client_tls_material> read_client_material(const config::upstream_tls_options& from,
                                                                std::vector<tls_problem>& problems);

}  // namespace gate::net
