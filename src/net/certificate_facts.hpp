#pragma once
// What a certificate says of itself. Errors are sentences without the name of the file.

#include <gate/config/scalars.hpp>
#include <gate/net/tls_material.hpp>

#include <openssl/evp.h>
#include <openssl/x509.h>

#include <string>

namespace gate::net {

// Fills names, dates and digest of `into`. "" or the problem: a name with a byte that no name may have makes
// the whole certificate unfit.
std::string read_facts(X509* of, tls_certificate& into);

// ECDSA on P-256, P-384 or P-521, RSA of 2048 bits or more, Ed25519.
config::parsed<key_kind> kind_of(const EVP_PKEY* key);

}  // namespace gate::net
