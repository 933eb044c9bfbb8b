#include "tls_peer.hpp"

#include <openssl/err.h>
#include <openssl/pem.h>

#include <cerrno>
#include <csignal>
#include <stdexcept>

namespace gate::test {
namespace {

struct free_pem {
    void operator()(BIO* bio) const noexcept { BIO_free_all(bio); }
    void operator()(X509* certificate) const noexcept { X509_free(certificate); }
    void operator()(EVP_PKEY* key) const noexcept { EVP_PKEY_free(key); }
};

void require(bool condition) {
    if (!condition) throw std::runtime_error("OpenSSL failed in a test's peer");
}

std::unique_ptr<BIO, free_pem> reader_of(const std::string& text) {
    return std::unique_ptr<BIO, free_pem>(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

}  // namespace

void show_certificate(SSL_CTX* context, const std::string& chain_pem, const std::string& key_pem) {
    const auto chain = reader_of(chain_pem);
    const std::unique_ptr<X509, free_pem> leaf(PEM_read_bio_X509(chain.get(), nullptr, nullptr, nullptr));
    require(leaf && SSL_CTX_use_certificate(context, leaf.get()) == 1);
    for (;;) {
        const std::unique_ptr<X509, free_pem> next(PEM_read_bio_X509(chain.get(), nullptr, nullptr, nullptr));
        if (!next) break;
        require(SSL_CTX_add1_chain_cert(context, next.get()) == 1);
    }
    const std::unique_ptr<EVP_PKEY, free_pem> key(
        PEM_read_bio_PrivateKey(reader_of(key_pem).get(), nullptr, nullptr, nullptr));
    require(key && SSL_CTX_use_PrivateKey(context, key.get()) == 1);
    ERR_clear_error();
}

ssl_context make_client_context(const std::string& ca_pem) {
    ssl_context out(SSL_CTX_new(TLS_client_method()));
    const std::unique_ptr<X509, free_pem> authority(
        PEM_read_bio_X509(reader_of(ca_pem).get(), nullptr, nullptr, nullptr));
    require(authority && X509_STORE_add_cert(SSL_CTX_get_cert_store(out.get()), authority.get()) == 1);
    SSL_CTX_set_verify(out.get(), SSL_VERIFY_PEER, nullptr);
    SSL_CTX_set_session_cache_mode(out.get(), SSL_SESS_CACHE_CLIENT);
    return out;
}

ssl_context make_server_context(const std::string& chain_pem, const std::string& key_pem) {
    ssl_context out(SSL_CTX_new(TLS_server_method()));
    show_certificate(out.get(), chain_pem, key_pem);
    return out;
}

tls_peer::tls_peer(SSL_CTX* context, role as, core::tcp_socket& socket) : ssl_(SSL_new(context)) {
    ::signal(SIGPIPE, SIG_IGN);  // OpenSSL's own BIO writes without MSG_NOSIGNAL
    socket.non_blocking(true);
    socket.native_non_blocking(true);
    require(SSL_set_fd(ssl_.get(), socket.native_handle()) == 1);
    SSL_set_mode(ssl_.get(), SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    if (as == role::client) {
        SSL_set_connect_state(ssl_.get());
    } else {
        SSL_set_accept_state(ssl_.get());
    }
}

void tls_peer::work() {
    if (has_failed_) return;
    ERR_clear_error();
    if (!is_done_) {
        const int result = SSL_do_handshake(ssl_.get());
        is_done_ = result == 1;
        if (!is_done_) return note(result);
    }
    while (!unsent_.empty()) {
        const int put = SSL_write(ssl_.get(), unsent_.data(), static_cast<int>(unsent_.size()));
        if (put <= 0) {
            note(put);
            break;
        }
        unsent_.erase(0, static_cast<std::size_t>(put));
    }
    while (reads_ && !has_failed_ && !has_ended_) {
        char buffer[16384];
        const int got = SSL_read(ssl_.get(), buffer, sizeof buffer);
        if (got <= 0) return note(got);
        received_.append(buffer, static_cast<std::size_t>(got));
    }
}

void tls_peer::note(int result) {
    switch (SSL_get_error(ssl_.get(), result)) {
        case SSL_ERROR_WANT_READ:
        case SSL_ERROR_WANT_WRITE: return;
        case SSL_ERROR_ZERO_RETURN: has_ended_ = true; return;
        default: break;
    }
    has_failed_ = true;
    const auto code = ERR_peek_error();
    is_cut_ = code == 0 || (ERR_GET_LIB(code) == ERR_LIB_SSL &&
                            ERR_GET_REASON(code) == SSL_R_UNEXPECTED_EOF_WHILE_READING);
    if (const char* const reason = ERR_reason_error_string(code)) failure_ = reason;
    ERR_clear_error();
}

void tls_peer::send_close_notify() {
    SSL_shutdown(ssl_.get());
    ERR_clear_error();
}

ssl_session tls_peer::session() const {
    return ssl_session(SSL_get1_session(ssl_.get()));
}

}  // namespace gate::test
