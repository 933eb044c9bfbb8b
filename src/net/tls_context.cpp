// What contexts of servers and of clients have in common.
#include "pem.hpp"
#include "tls_contexts.hpp"
#include "tls_state.hpp"

#include <gate/net/tls_files.hpp>

namespace gate::net {
namespace {

constexpr int most_of_a_chain = 8;

// Of the names of authorities that clients are told. More than 64 KiB fit into no message, and would end each
// handshake.
constexpr std::size_t most_name_bytes = 32 * 1024;

// RFC 8446 4.2.4, RFC 5246 7.4.4: the names are a hint, and may be left out.
bool can_be_named(const std::vector<x509_pointer>& authorities) {
    std::size_t size = 0;
    for (const auto& each : authorities) {
        const int own = i2d_X509_NAME(X509_get_subject_name(each.get()), nullptr);
        size += own > 0 ? static_cast<std::size_t>(own) + 2 : most_name_bytes;
    }
    return size <= most_name_bytes;
}

bool explain(std::string& why_not, std::string_view subject) {
    why_not = std::string(subject) + ": " + openssl_reason();
    return false;
}

// Called for each message that OpenSSL takes or makes.
void on_message(int writes, int, int content, const void*, std::size_t, SSL* ssl, void*) {
    if (writes == 0 && content == SSL3_RT_HANDSHAKE) tls_state::of(ssl).count_message();
}

}  // namespace

bool use_certificate(SSL_CTX* context, const tls_certificate& certificate, std::string& why_not) {
    const auto chain = parse_certificates(certificate.chain_pem, most_chain_certificates);
    if (!chain) {
        why_not = "certificate: " + chain.error();
        return false;
    }
    const auto key = parse_key(certificate.key_pem.reveal());
    if (!key) {
        why_not = "private key: " + key.error();
        return false;
    }
    if (SSL_CTX_use_certificate(context, chain->front().get()) != 1) return explain(why_not, "certificate");
    for (auto further = chain->begin() + 1; further != chain->end(); ++further) {
        if (SSL_CTX_add1_chain_cert(context, further->get()) != 1) return explain(why_not, "chain");
    }
    const bool fits =
        SSL_CTX_use_PrivateKey(context, key->get()) == 1 && SSL_CTX_check_private_key(context) == 1;
    return fits || explain(why_not, "private key");
}

// Whatever is in the bundle is trusted, be it a root or not.
bool trust(SSL_CTX* context, std::string_view ca_pem, bool names_them, std::string& why_not) {
    const auto bundle = parse_certificates(ca_pem, most_authorities);
    if (!bundle) {
        why_not = "CA bundle: " + bundle.error();
        return false;
    }
    auto* const store = SSL_CTX_get_cert_store(context);
    X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN);
    names_them = names_them && can_be_named(*bundle);
    for (const auto& authority : *bundle) {
        const bool is_taken = X509_STORE_add_cert(store, authority.get()) == 1 &&
                              (!names_them || SSL_CTX_add_client_CA(context, authority.get()) == 1);
        if (!is_taken) return explain(why_not, "CA bundle");
    }
    return true;
}

bool set_rules(SSL_CTX* context, config::tls_version least, std::string& why_not) {
    const int version = least == config::tls_version::tls13 ? TLS1_3_VERSION : TLS1_2_VERSION;
    if (SSL_CTX_set_min_proto_version(context, version) != 1) return explain(why_not, "min_version");
    SSL_CTX_set_options(context, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
    SSL_CTX_clear_mode(context, SSL_MODE_RELEASE_BUFFERS);  // tls_state does it
    if (!tls_wipes_buffers()) SSL_CTX_set_options(context, SSL_OP_CLEANSE_PLAINTEXT);
    SSL_CTX_set_read_ahead(context, 0);
    SSL_CTX_set_verify_depth(context, most_of_a_chain);
    SSL_CTX_set_msg_callback(context, &on_message);
    return true;
}

}  // namespace gate::net
