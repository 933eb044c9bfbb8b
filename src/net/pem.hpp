#pragma once
// PEM texts (RFC 7468) as OpenSSL's objects. Errors are sentences without the name of the file.

#include <gate/config/scalars.hpp>

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace gate::net {

struct openssl_free {
    void operator()(BIO* object) const { BIO_free_all(object); }
    void operator()(EVP_PKEY* object) const { EVP_PKEY_free(object); }
    void operator()(X509* object) const { X509_free(object); }
};
using bio_ptr = std::unique_ptr<BIO, openssl_free>;
using key_ptr = std::unique_ptr<EVP_PKEY, openssl_free>;
using x509_ptr = std::unique_ptr<X509, openssl_free>;

// OpenSSL's last error, in its words. Clears all.
std::string openssl_reason();

// All certificates of the text, in its order: at least one, at most `most`. Other blocks are passed over.
config::parsed<std::vector<x509_ptr>> parse_certificates(std::string_view pem, std::size_t most);

// The first private key of the text, one without a pass phrase.
config::parsed<key_ptr> parse_key(std::string_view pem);

std::string pem_of(const std::vector<x509_ptr>& certificates);

}  // namespace gate::net
