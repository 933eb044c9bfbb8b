#include "tls_peer.hpp"

#include <openssl/err.h>
#include <openssl/pem.h>

#include <algorithm>
#include <cerrno>
#include <stdexcept>

#include <sys/socket.h>

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
    SSL_CTX_set_session_cache_mode(out.get(), SSL_SESS_CACHE_OFF);  // sessions outlive it
    return out;
}

ssl_context make_server_context(const std::string& chain_pem, const std::string& key_pem) {
    ssl_context out(SSL_CTX_new(TLS_server_method()));
    show_certificate(out.get(), chain_pem, key_pem);
    return out;
}

tls_peer::tls_peer(SSL_CTX* context, role as, core::tcp_socket& socket)
    : socket_(socket), ssl_(SSL_new(context)) {
    socket.set_option(core::tcp::no_delay(true));
    auto* const in = BIO_new(BIO_s_mem());
    auto* const out = BIO_new(BIO_s_mem());
    BIO_set_mem_eof_return(in, -1);
    SSL_set_bio(ssl_.get(), in, out);
    if (as == role::client) {
        SSL_set_connect_state(ssl_.get());
    } else {
        SSL_set_accept_state(ssl_.get());
    }
}

// Else OpenSSL would not resume the session.
tls_peer::~tls_peer() {
    SSL_set_shutdown(ssl_.get(), SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
}

void tls_peer::work() {
    receive();
    advance();
    collect();
    transmit();
}

void tls_peer::advance() {
    if (has_failed_) return;
    ERR_clear_error();
    if (!is_done_) {
        const int result = SSL_do_handshake(ssl_.get());
        is_done_ = result == 1;
        if (!is_done_) return note(result);
    }
    if (!unsent_.empty()) {
        const int put = SSL_write(ssl_.get(), unsent_.data(), static_cast<int>(unsent_.size()));
        if (put <= 0) return note(put);
        unsent_.clear();
    }
    while (!has_ended_) {
        char buffer[16384];
        const int got = SSL_read(ssl_.get(), buffer, sizeof buffer);
        if (got <= 0) return note(got);
        received_.append(buffer, static_cast<std::size_t>(got));
    }
}

void tls_peer::receive() {
    while (reads_ && !has_seen_fin_) {
        char buffer[65536];
        const auto got = ::recv(socket_.native_handle(), buffer, sizeof buffer, MSG_DONTWAIT);
        if (got < 0 && errno == EAGAIN) return;
        if (got > 0) {
            from_wire.append(buffer, static_cast<std::size_t>(got));
            BIO_write(SSL_get_rbio(ssl_.get()), buffer, static_cast<int>(got));
            continue;
        }
        advance();  // what came before
        has_seen_fin_ = true;
        is_cut_ = !has_ended_ && !has_failed_;
        has_failed_ = has_failed_ || is_cut_;
    }
}

void tls_peer::collect() {
    char buffer[16384];
    for (;;) {
        const int got = BIO_read(SSL_get_wbio(ssl_.get()), buffer, sizeof buffer);
        if (got <= 0) return;
        to_wire.append(buffer, static_cast<std::size_t>(got));
    }
}

void tls_peer::transmit() {
    const auto size = std::min({to_wire.size(), segment, bytes_until_cut});
    if (size > 0) {
        const auto put = ::send(socket_.native_handle(), to_wire.data(), size, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (put <= 0) return;
        to_wire.erase(0, static_cast<std::size_t>(put));
        if (bytes_until_cut != SIZE_MAX) bytes_until_cut -= static_cast<std::size_t>(put);
    }
    if (bytes_until_cut == 0) send_fin();
}

void tls_peer::note(int result) {
    switch (SSL_get_error(ssl_.get(), result)) {
        case SSL_ERROR_WANT_READ:
        case SSL_ERROR_WANT_WRITE: break;
        case SSL_ERROR_ZERO_RETURN: has_ended_ = true; break;
        default:
            has_failed_ = true;
            if (const char* const reason = ERR_reason_error_string(ERR_peek_error())) failure_ = reason;
    }
    ERR_clear_error();
}

void tls_peer::send_records(std::string_view text, std::size_t size) {
    for (; !text.empty(); text.remove_prefix(std::min(size, text.size()))) {
        const auto record = text.substr(0, size);
        require(SSL_write(ssl_.get(), record.data(), static_cast<int>(record.size())) ==
                static_cast<int>(record.size()));
        collect();
    }
}

void tls_peer::send_close_notify() {
    SSL_shutdown(ssl_.get());
    ERR_clear_error();
    collect();
}

void tls_peer::send_key_update(bool wants_answer) {
    require(SSL_key_update(ssl_.get(),
                           wants_answer ? SSL_KEY_UPDATE_REQUESTED : SSL_KEY_UPDATE_NOT_REQUESTED) == 1);
    require(SSL_do_handshake(ssl_.get()) == 1);
    collect();
}

void tls_peer::send_fin() {
    ::shutdown(socket_.native_handle(), SHUT_WR);
}

ssl_session tls_peer::session() const {
    return ssl_session(SSL_get1_session(ssl_.get()));
}

}  // namespace gate::test
