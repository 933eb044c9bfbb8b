// The contexts of a listener.
#include "tls_contexts.hpp"
#include "tls_server_calls.hpp"

#include <boost/system/errc.hpp>

#include <algorithm>

namespace gate::net {
namespace {

// Mozilla's "intermediate" list but for the CBC and DHE suites.
constexpr const char* default_ciphers =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:"
    "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305";
// AES with 128 bits first: it costs a quarter less.
constexpr const char* suites_13 =
    "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256";

// How long a ticket may be used: each client certificate is verified again all the same.
constexpr long session_seconds = 24L * 60 * 60;
// What a client may send as its chain.
constexpr long largest_chain = 32 * 1024;
constexpr std::size_t ticket_key_size = 80;

bool explain(std::string& why_not, std::string_view subject) {
    why_not = std::string(subject) + ": " + openssl_reason();
    return false;
}

bool set_preferences(SSL_CTX* context, const server_tls_material& from, std::string& why_not) {
    SSL_CTX_set_options(context, SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
    const char* const ciphers = from.ciphers.empty() ? default_ciphers : from.ciphers.c_str();
    if (SSL_CTX_set_cipher_list(context, ciphers) != 1) return explain(why_not, "ciphers");
    if (SSL_CTX_set_ciphersuites(context, suites_13) != 1) return explain(why_not, "ciphers");
    if (!from.groups.empty() && SSL_CTX_set1_groups_list(context, from.groups.c_str()) != 1)
        return explain(why_not, "groups");
    return true;
}

// A session is of no use to a listener that asks for other certificates (CVE-2025-23419).
bool bind_sessions(SSL_CTX* context, const server_tls_material& from) {
    std::string bound = from.client_ca_pem;
    bound += static_cast<char>(from.client_auth);
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned size = 0;
    return EVP_Digest(bound.data(), bound.size(), digest.data(), &size, EVP_sha256(), nullptr) == 1 &&
           SSL_CTX_set_session_id_context(context, digest.data(), size) == 1;
}

bool has_name(const tls_certificate& certificate, const std::string& name) {
    return std::find(certificate.names.begin(), certificate.names.end(), name) != certificate.names.end();
}

}  // namespace

bool server_tls::set_up(std::shared_ptr<const server_tls_material> from, std::string& why_not) {
    material_ = std::move(from);
    if (material_->certificates.empty()) {
        why_not = "no certificate";
        return false;
    }
    for (const auto& key : material_->ticket_keys) {
        if (key.reveal().size() == ticket_key_size) continue;
        why_not = "a ticket key is not 80 bytes long";
        return false;
    }
    tickets_ = material_->ticket_keys.empty() ? own_ticket_keys()
                                              : std::make_shared<ticket_keys>(material_->ticket_keys);
    const auto& first = material_->certificates.front();
    certificate_set set{};
    if (!first.names.empty()) set = set_for(first.names.front());
    set[static_cast<std::size_t>(first.kind)] = &first;
    default_ = context_of(set, why_not);
    if (default_ == nullptr) return false;
    for (const auto& certificate : material_->certificates) {
        for (const auto& name : certificate.names) {
            if (names_.contains(name)) continue;
            auto* const serves = context_of(set_for(name), why_not);
            if (serves == nullptr) return false;
            names_.emplace(name, serves);
        }
    }
    return true;
}

// Of several with the same kind of key, the first.
server_tls::certificate_set server_tls::set_for(const std::string& name) const {
    certificate_set out{};
    for (const auto& certificate : material_->certificates) {
        auto& place = out[static_cast<std::size_t>(certificate.kind)];
        if (place == nullptr && has_name(certificate, name)) place = &certificate;
    }
    return out;
}

SSL_CTX* server_tls::context_of(const certificate_set& set, std::string& why_not) {
    auto& made = contexts_[set];
    if (!made) made = make_context(set, why_not);
    return made.get();
}

ssl_context_pointer server_tls::make_context(const certificate_set& set, std::string& why_not) {
    ssl_context_pointer out(SSL_CTX_new(TLS_server_method()));
    if (!out) {
        explain(why_not, "TLS");
        return nullptr;
    }
    auto* const context = out.get();
    bool good =
        set_rules(context, material_->min_version, why_not) && set_preferences(context, *material_, why_not);
    for (const auto* certificate : set) {
        if (certificate != nullptr) good = good && use_certificate(context, *certificate, why_not);
    }
    if (good && !bind_sessions(context, *material_)) good = explain(why_not, "sessions");
    if (!good || !set_client_authority(context, why_not)) return nullptr;
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);  // tickets hold all there is to know
    SSL_CTX_set_num_tickets(context, 1);
    SSL_CTX_set_timeout(context, session_seconds);
    SSL_CTX_set_max_cert_list(context, largest_chain);
    SSL_CTX_set_app_data(context, this);
    set_server_calls(context);
    return out;
}

bool server_tls::set_client_authority(SSL_CTX* context, std::string& why_not) const {
    if (material_->client_auth == config::client_auth::none) return true;
    if (material_->client_ca_pem.empty()) {
        why_not = "client_auth without a CA bundle";
        return false;
    }
    if (!trust(context, material_->client_ca_pem, true, why_not)) return false;
    const bool is_required = material_->client_auth == config::client_auth::required;
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER | (is_required ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0),
                       nullptr);
    return true;
}

SSL_CTX* server_tls::context_for(std::string_view name) const {
    if (const auto exact = names_.find(name); exact != names_.end()) return exact->second;
    const auto dot = name.find('.');
    if (dot == std::string_view::npos || dot == 0) return nullptr;
    const auto wildcard = names_.find("*" + std::string(name.substr(dot)));
    return wildcard == names_.end() ? nullptr : wildcard->second;
}

core::result<std::shared_ptr<server_tls>> make_server_tls(std::shared_ptr<const server_tls_material> from,
                                                          std::string& why_not) {
    const errors_cleared cleared;
    auto out = std::make_shared<server_tls>();
    if (!out->set_up(std::move(from), why_not))
        return boost::system::errc::make_error_code(boost::system::errc::invalid_argument);
    return out;
}

}  // namespace gate::net
