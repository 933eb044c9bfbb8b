#pragma once
// TLS of the load generator's own connections: no certificate is looked at, and no session is resumed.
#include <memory>

typedef struct ssl_st SSL;

namespace bench {

struct ssl_deleter {
    void operator()(SSL* ssl) const;
};
using ssl_pointer = std::unique_ptr<SSL, ssl_deleter>;

// A client on fd, for TLS 1.3 and the name localhost; the handshake is still to be made. Exits on failure.
ssl_pointer tls_client(int fd);
// Makes the handshake on a socket that blocks. Exits on failure.
void shake_hands(SSL& ssl);

}  // namespace bench
