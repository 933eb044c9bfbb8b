#include <gate/client/pinned_tls.hpp>
#include <gate/core/hex.hpp>

#include <openssl/ssl.h>

#include <algorithm>
#include <array>
#include <span>
#include <utility>

namespace gate::client {
namespace {

std::string sha256_of(X509* of) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> bytes{};
    unsigned size = 0;
    if (of == nullptr || X509_digest(of, EVP_sha256(), bytes.data(), &size) != 1) return {};
    std::string out(2 * static_cast<std::size_t>(size), '\0');
    core::write_hex(std::span(bytes).first(size), out.data());
    return out;
}

// In place of OpenSSL's own verification.
int verify(X509_STORE_CTX* of, void* own) {
    const auto sha256 = sha256_of(X509_STORE_CTX_get0_cert(of));
    const bool accepted = !sha256.empty() && static_cast<pinned_tls*>(own)->accepts(sha256);
    X509_STORE_CTX_set_error(of, accepted ? X509_V_OK : X509_V_ERR_CERT_REJECTED);
    return accepted ? 1 : 0;
}

}  // namespace

core::result<std::shared_ptr<pinned_tls>> pinned_tls::make(std::optional<std::vector<std::string>> sha256) {
    const std::shared_ptr<pinned_tls> out(new pinned_tls);
    auto* const context = out->context_.native_handle();
    core::error_code ec;
    SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
    out->context_.set_verify_mode(boost::asio::ssl::verify_peer, ec);
    if (ec) return ec;
    SSL_CTX_set_cert_verify_callback(context, &verify, out.get());
    out->known_ = std::move(sha256);
    return out;
}

std::shared_ptr<boost::asio::ssl::context> pinned_tls::context_of(std::shared_ptr<pinned_tls> own) {
    auto* const context = &own->context_;
    return {std::move(own), context};
}

bool pinned_tls::accepts(const std::string& sha256) {
    if (!known_ || std::ranges::find(*known_, sha256) != known_->end()) return true;
    refused_ = sha256;
    return false;
}

}  // namespace gate::client
