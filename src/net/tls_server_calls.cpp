#include "tls_server_calls.hpp"

#include "peer_certificate.hpp"
#include "server_name.hpp"
#include "tls_contexts.hpp"
#include "tls_state.hpp"

#include <gate/core/random.hpp>

#include <openssl/core_names.h>

#include <algorithm>

namespace gate::net {
namespace {

const server_tls& server_of(const SSL* ssl) noexcept {
    return *static_cast<const server_tls*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)));
}

int on_hello(SSL* ssl, int*, void*) {
    tls_state::of(ssl).set_hello();
    return SSL_CLIENT_HELLO_SUCCESS;
}

int on_server_name(SSL* ssl, int* alert, void*) {
    const char* const sent = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
    if (sent == nullptr) return SSL_TLSEXT_ERR_NOACK;
    const auto& server = server_of(ssl);
    const auto name = normal_server_name(sent);
    auto* const serves = name ? server.context_for(*name) : nullptr;
    if (!name || (serves == nullptr && server.material().strict_sni)) {
        tls_state::of(ssl).refuse();
        *alert = SSL_AD_UNRECOGNIZED_NAME;
        return SSL_TLSEXT_ERR_ALERT_FATAL;
    }
    if (serves != nullptr && serves != SSL_get_SSL_CTX(ssl)) SSL_set_SSL_CTX(ssl, serves);
    return SSL_TLSEXT_ERR_OK;
}

int choose_protocol(SSL*, const unsigned char** chosen, unsigned char* size, const unsigned char* offered,
                    unsigned offered_size, void*) {
    constexpr std::string_view ours = "http/1.1";
    for (unsigned at = 0; at < offered_size; at += offered[at] + 1U) {
        const std::string_view name(reinterpret_cast<const char*>(offered) + at + 1, offered[at]);
        if (name != ours) continue;
        *chosen = offered + at + 1;
        *size = offered[at];
        return SSL_TLSEXT_ERR_OK;
    }
    return SSL_TLSEXT_ERR_ALERT_FATAL;
}

bool begin_ticket(const ticket_key& key, const unsigned char* vector, EVP_CIPHER_CTX* cipher,
                  EVP_MAC_CTX* mac, bool encrypts) {
    char digest[] = "SHA256";
    const std::array<OSSL_PARAM, 3> parameters{
        {OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, const_cast<std::uint8_t*>(key.mac_key.data()),
                                           key.mac_key.size()),
         OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0), OSSL_PARAM_construct_end()}};
    return EVP_CipherInit_ex(cipher, EVP_aes_256_cbc(), nullptr, key.cipher_key.data(), vector,
                             encrypts ? 1 : 0) == 1 &&
           EVP_MAC_CTX_set_params(mac, parameters.data()) == 1;
}

// RFC 5077 4: 1: proceed, 2: proceed, and send a new ticket; 0: unknown key; negative: failed.
int on_ticket(SSL* ssl, unsigned char* name, unsigned char* vector, EVP_CIPHER_CTX* cipher, EVP_MAC_CTX* mac,
              int encrypts) {
    auto& keys = server_of(ssl).tickets();
    const auto now = core::clock::now();
    try {
        if (encrypts != 0) {
            auto key = keys.current(now);
            std::copy(key.name.begin(), key.name.end(), name);
            core::fill_with_random({vector, EVP_MAX_IV_LENGTH});
            const bool begun = begin_ticket(key, vector, cipher, mac, true);
            ::explicit_bzero(&key, sizeof key);
            return begun ? 1 : -1;
        }
        auto found = keys.find(std::span<const std::uint8_t, 16>(name, 16), now);
        if (!found) return 0;
        const bool begun = begin_ticket(found->key, vector, cipher, mac, false);
        const bool is_current = found->is_current;
        ::explicit_bzero(&*found, sizeof *found);
        if (!begun) return -1;
        return is_current ? 1 : 2;
    } catch (const std::exception&) {  // no random numbers, or no memory
        return -1;
    }
}

// A client certificate is verified at each handshake. Of the chain that it came with, the session knows only
// the certificate itself: where that is not enough, the handshake is a full one.
SSL_TICKET_RETURN on_ticket_read(SSL* ssl, SSL_SESSION* session, const unsigned char*, std::size_t,
                                 SSL_TICKET_STATUS status, void*) {
    if (status == SSL_TICKET_EMPTY || status == SSL_TICKET_NO_DECRYPT) return SSL_TICKET_RETURN_IGNORE_RENEW;
    if (status != SSL_TICKET_SUCCESS && status != SSL_TICKET_SUCCESS_RENEW)
        return SSL_TICKET_RETURN_IGNORE_RENEW;
    const auto& server = server_of(ssl);
    if (server.material().client_auth != config::client_auth::none) {
        auto* const shown = SSL_SESSION_get0_peer(session);
        const bool is_required = server.material().client_auth == config::client_auth::required;
        const bool is_good = shown == nullptr ? !is_required : verifies_again(SSL_get_SSL_CTX(ssl), shown);
        ERR_clear_error();
        if (!is_good) return SSL_TICKET_RETURN_IGNORE_RENEW;
    }
    return status == SSL_TICKET_SUCCESS ? SSL_TICKET_RETURN_USE : SSL_TICKET_RETURN_USE_RENEW;
}

int no_changes(SSL*, void*) {
    return 1;
}

int verify_client(X509_STORE_CTX* store, void*) {
    auto* const ssl =
        static_cast<SSL*>(X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()));
    if (X509_verify_cert(store) == 1) {
        if (has_plain_names(X509_STORE_CTX_get0_cert(store))) return 1;
        X509_STORE_CTX_set_error(store, X509_V_ERR_APPLICATION_VERIFICATION);
    }
    tls_state::of(ssl).refuse();
    return 0;
}

}  // namespace

void set_server_calls(SSL_CTX* context) {
    SSL_CTX_set_client_hello_cb(context, &on_hello, nullptr);
    SSL_CTX_set_tlsext_servername_callback(context, &on_server_name);
    SSL_CTX_set_alpn_select_cb(context, &choose_protocol, nullptr);
    SSL_CTX_set_tlsext_ticket_key_evp_cb(context, &on_ticket);
    SSL_CTX_set_session_ticket_cb(context, &no_changes, &on_ticket_read, nullptr);
    SSL_CTX_set_cert_verify_callback(context, &verify_client, nullptr);
}

}  // namespace gate::net
