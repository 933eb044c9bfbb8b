#include <gate/client/tls.hpp>

#include <openssl/ssl.h>

namespace gate::client {

namespace ssl = boost::asio::ssl;

core::result<std::shared_ptr<ssl::context>> make_tls_context(const std::string& ca_file) {
    auto context = std::make_shared<ssl::context>(ssl::context::tls_client);
    core::error_code ec;
    SSL_CTX_set_min_proto_version(context->native_handle(), TLS1_2_VERSION);
    context->set_verify_mode(ssl::verify_peer, ec);
    if (ec) return ec;
    if (ca_file.empty()) {
        context->set_default_verify_paths(ec);
    } else {
        context->load_verify_file(ca_file, ec);
    }
    if (ec) return ec;
    return context;
}

core::result<std::shared_ptr<ssl::context>> make_tls_context(const config::upstream_tls_options& files) {
    auto made = make_tls_context(files.ca_file);
    if (!made || files.client_cert_file.empty()) return made;
    core::error_code ec;
    (*made)->use_certificate_chain_file(files.client_cert_file, ec);
    if (!ec) (*made)->use_private_key_file(files.client_key_file, ssl::context::pem, ec);
    if (ec) return ec;
    return made;
}

}  // namespace gate::client
