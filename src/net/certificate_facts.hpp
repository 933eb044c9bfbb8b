#pragma once
// What a certificate says of itself. Errors are sentences without the name of the file.

#include <gate/config/scalars.hpp>
#include <gate/net/tls_material.hpp>

#include <openssl/evp.h>
#include <openssl/x509.h>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace gate::net {

// Fills names, dates and digest of `into`. "" or the problem: a name with a byte that no name may have makes
// the whole certificate unfit.
std::string read_facts(X509* of, tls_certificate& into);

// Its bytes, as long as it lives.
std::string_view text_of(const ASN1_STRING* string);

// Nothing: it cannot be read.
std::optional<std::chrono::sys_seconds> time_of(const ASN1_TIME* when);

// Of its DER, in lower-case hex; empty: there is no SHA-256.
std::string sha256_of(const X509* certificate);

// ECDSA on P-256, P-384 or P-521, RSA of 2048 bits or more, Ed25519.
config::parsed<key_kind> kind_of(const EVP_PKEY* key);

}  // namespace gate::net
