#include "operating_tls.hpp"

#include <gate/core/text.hpp>

#include <boost/asio/buffer.hpp>
#include <openssl/ssl.h>

#include <algorithm>
#include <string>

namespace gate::app {
namespace {

namespace ssl = boost::asio::ssl;

int choose_certificate(SSL* connection, int*, void* own) {
    const char* const name = SSL_get_servername(connection, TLSEXT_NAMETYPE_host_name);
    if (name == nullptr) return SSL_TLSEXT_ERR_NOACK;
    SSL_set_SSL_CTX(connection, static_cast<operating_tls*>(own)->context_for(name).native_handle());
    return SSL_TLSEXT_ERR_OK;
}

ssl::context make_context(const net::tls_certificate& certificate, config::tls_version least) {
    ssl::context out(ssl::context::tls_server);
    auto* const native = out.native_handle();
    SSL_CTX_set_min_proto_version(native,
                                  least == config::tls_version::tls13 ? TLS1_3_VERSION : TLS1_2_VERSION);
    SSL_CTX_set_options(native, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
    SSL_CTX_set_cipher_list(native, "ECDHE+AESGCM:ECDHE+CHACHA20");
    const auto key = certificate.key_pem.reveal();
    out.use_certificate_chain(boost::asio::buffer(certificate.chain_pem));
    out.use_private_key(boost::asio::buffer(key.data(), key.size()), ssl::context::pem);
    return out;
}

}  // namespace

operating_tls::operating_tls(const net::server_tls_material& from) {
    for (const auto& each : from.certificates)
        entries_.push_back({each.names, make_context(each, from.min_version)});
    auto* const native = context().native_handle();
    SSL_CTX_set_tlsext_servername_callback(native, &choose_certificate);
    SSL_CTX_set_tlsext_servername_arg(native, this);
}

ssl::context& operating_tls::context_for(std::string_view name) {
    const auto dot = name.find('.');
    const auto wildcard = dot == std::string_view::npos ? std::string() : "*" + std::string(name.substr(dot));
    for (const auto& wanted : {std::string(name), wildcard}) {
        for (auto& each : entries_) {
            const auto is_it = [&](const std::string& own) { return core::iequals(own, wanted); };
            if (std::ranges::any_of(each.names, is_it)) return each.context;
        }
    }
    return context();
}

}  // namespace gate::app
