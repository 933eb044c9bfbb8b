#pragma once
// The certificate that a peer has shown.

#include "openssl.hpp"

#include <gate/net/tls_handshake.hpp>

#include <cstdint>

namespace gate::net {

// False if a subject alternative name has a NUL or a control byte in it, or the names cannot be read: what
// reads such a name may take it for another.
bool has_plain_names(X509* certificate);

// Whether a client's certificate, which has come in a session, verifies now.
bool verifies_again(SSL_CTX* context, X509* certificate);

// Precondition: it verifies.
void read_client_certificate(X509* certificate, tls_facts& out);

// When the first certificate of the chain expires, in seconds since 1970.
std::int64_t end_of_chain(const SSL* ssl);

}  // namespace gate::net
