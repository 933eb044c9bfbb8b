// What contexts of servers and of clients have in common.
#include "tls_contexts.hpp"
#include "tls_state.hpp"

#include <openssl/pem.h>

namespace gate::net {
namespace {

constexpr int most_of_a_chain = 8;

bio_pointer reader_of(std::string_view text) {
    return bio_pointer(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

// A key with a pass phrase is refused, and nobody is asked for one.
int no_pass_phrase(char*, int, int, void*) {
    return -1;
}

x509_pointer next_certificate(BIO* from) {
    return x509_pointer(PEM_read_bio_X509(from, nullptr, &no_pass_phrase, nullptr));
}

// A file that has come to its end is no error.
bool is_at_end() noexcept {
    const auto code = ERR_peek_last_error();
    return ERR_GET_LIB(code) == ERR_LIB_PEM && ERR_GET_REASON(code) == PEM_R_NO_START_LINE;
}

bool explain(std::string& why_not, std::string_view subject) {
    why_not = std::string(subject) + ": " + take_openssl_error();
    return false;
}

// Called for each message that OpenSSL takes or makes.
void on_message(int writes, int, int content, const void*, std::size_t, SSL* ssl, void*) {
    if (writes == 0 && content == SSL3_RT_HANDSHAKE) tls_state::of(ssl).count_message();
}

}  // namespace

bool use_certificate(SSL_CTX* context, const tls_certificate& certificate, std::string& why_not) {
    const auto chain = reader_of(certificate.chain_pem);
    const auto secret = reader_of(certificate.key_pem.reveal());
    if (!chain || !secret) return explain(why_not, "certificate");
    const auto leaf = next_certificate(chain.get());
    if (!leaf || SSL_CTX_use_certificate(context, leaf.get()) != 1) return explain(why_not, "certificate");
    while (const auto further = next_certificate(chain.get())) {
        if (SSL_CTX_add1_chain_cert(context, further.get()) != 1) return explain(why_not, "chain");
    }
    if (!is_at_end()) return explain(why_not, "chain");
    ERR_clear_error();
    const evp_key_pointer key(PEM_read_bio_PrivateKey(secret.get(), nullptr, &no_pass_phrase, nullptr));
    if (!key || SSL_CTX_use_PrivateKey(context, key.get()) != 1) return explain(why_not, "private key");
    if (SSL_CTX_check_private_key(context) != 1) return explain(why_not, "private key");
    return true;
}

// Whatever is in the bundle is trusted, be it a root or not.
bool trust(SSL_CTX* context, std::string_view ca_pem, bool names_them, std::string& why_not) {
    auto* const store = SSL_CTX_get_cert_store(context);
    X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN);
    const auto bundle = reader_of(ca_pem);
    if (!bundle) return explain(why_not, "CA bundle");
    std::size_t count = 0;
    while (const auto authority = next_certificate(bundle.get())) {
        if (X509_STORE_add_cert(store, authority.get()) != 1) return explain(why_not, "CA bundle");
        if (names_them && SSL_CTX_add_client_CA(context, authority.get()) != 1)
            return explain(why_not, "CA bundle");
        ++count;
    }
    if (!is_at_end()) return explain(why_not, "CA bundle");
    ERR_clear_error();
    if (count > 0) return true;
    why_not = "CA bundle: no certificate in it";
    return false;
}

bool set_rules(SSL_CTX* context, config::tls_version least, std::string& why_not) {
    const int version = least == config::tls_version::tls13 ? TLS1_3_VERSION : TLS1_2_VERSION;
    if (SSL_CTX_set_min_proto_version(context, version) != 1) return explain(why_not, "min_version");
    SSL_CTX_set_options(context, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
    SSL_CTX_clear_mode(context, SSL_MODE_RELEASE_BUFFERS);  // tls_state does it, and wipes them
    SSL_CTX_set_read_ahead(context, 0);
    SSL_CTX_set_verify_depth(context, most_of_a_chain);
    SSL_CTX_set_msg_callback(context, &on_message);
    return true;
}

}  // namespace gate::net
