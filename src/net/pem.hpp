#pragma once
// PEM texts (RFC 7468) as OpenSSL's objects. Errors are sentences without the name of the file.

#include "openssl.hpp"

#include <gate/config/scalars.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace gate::net {

// All certificates of the text, in its order: at least one, at most `most`. Other blocks are passed over.
config::parsed<std::vector<x509_pointer>> parse_certificates(std::string_view pem, std::size_t most);

// The first private key of the text, one without a pass phrase.
config::parsed<key_pointer> parse_key(std::string_view pem);

std::string pem_of(const std::vector<x509_pointer>& certificates);

}  // namespace gate::net
