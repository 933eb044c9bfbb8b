#include "tls.hpp"

#include "event_loop.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <cstdio>
#include <cstdlib>

namespace bench {
namespace {

[[noreturn]] void fail_in_tls(const char* what) {
    std::fprintf(stderr, "%s: ", what);
    ERR_print_errors_fp(stderr);
    std::exit(1);
}

SSL_CTX* context() {
    static SSL_CTX* const made = [] {
        auto* const out = SSL_CTX_new(TLS_client_method());
        if (out == nullptr) fail_in_tls("SSL_CTX_new");
        SSL_CTX_set_min_proto_version(out, TLS1_3_VERSION);
        SSL_CTX_set_mode(out, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                  SSL_MODE_RELEASE_BUFFERS);
        return out;
    }();
    return made;
}

}  // namespace

void ssl_deleter::operator()(SSL* ssl) const {
    SSL_free(ssl);
}

ssl_pointer tls_client(int fd) {
    ssl_pointer out(SSL_new(context()));
    if (!out || SSL_set_fd(out.get(), fd) != 1) fail_in_tls("SSL_new");
    SSL_set_tlsext_host_name(out.get(), "localhost");
    SSL_set_connect_state(out.get());
    return out;
}

void shake_hands(SSL& ssl) {
    if (SSL_do_handshake(&ssl) != 1) fail_in_tls("handshake");
}

}  // namespace bench
