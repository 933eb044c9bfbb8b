#pragma once
// What OpenSSL asks of a listener during a handshake.

#include <openssl/ssl.h>

namespace gate::net {

// Precondition: the context's app data is its server_tls.
void set_server_calls(SSL_CTX* context);

}  // namespace gate::net
