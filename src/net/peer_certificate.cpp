#include "peer_certificate.hpp"

#include "certificate_facts.hpp"

#include <gate/core/text.hpp>

#include <algorithm>
#include <string_view>

namespace gate::net {
namespace {

using store_context_pointer = std::unique_ptr<X509_STORE_CTX, freed_by<X509_STORE_CTX_free>>;

// -1: the extension is not there.
names_pointer names_of(X509* certificate, int& critical) {
    return names_pointer(
        static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, &critical, nullptr)));
}

bool is_plain(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) { return c > 0x1f && c < 0x7f; });
}

std::string subject_of(X509* certificate) {
    const bio_pointer out(BIO_new(BIO_s_mem()));
    if (!out || X509_NAME_print_ex(out.get(), X509_get_subject_name(certificate), 0, XN_FLAG_RFC2253) < 0)
        return {};
    char* data = nullptr;
    const auto size = BIO_get_mem_data(out.get(), &data);
    return {data, static_cast<std::size_t>(size)};
}

std::int64_t end_of(const X509* certificate) {
    const auto when = time_of(X509_get0_notAfter(certificate));
    return when ? when->time_since_epoch().count() : 0;
}

}  // namespace

bool has_plain_names(X509* certificate) {
    int critical = 0;
    const auto names = names_of(certificate, critical);
    if (!names) return critical == -1;
    for (int i = 0; i < sk_GENERAL_NAME_num(names.get()); ++i) {
        int kind = 0;
        const auto* const value = static_cast<const ASN1_STRING*>(
            GENERAL_NAME_get0_value(sk_GENERAL_NAME_value(names.get(), i), &kind));
        const bool is_text = kind == GEN_DNS || kind == GEN_URI || kind == GEN_EMAIL;
        if (is_text && !is_plain(text_of(value))) return false;
    }
    return true;
}

bool verifies_again(SSL_CTX* context, X509* certificate) {
    const store_context_pointer check(X509_STORE_CTX_new());
    if (!check ||
        X509_STORE_CTX_init(check.get(), SSL_CTX_get_cert_store(context), certificate, nullptr) != 1 ||
        X509_STORE_CTX_set_default(check.get(), "ssl_client") != 1)
        return false;
    auto* const limits = X509_STORE_CTX_get0_param(check.get());
    X509_VERIFY_PARAM_set_depth(limits, SSL_CTX_get_verify_depth(context));
    X509_VERIFY_PARAM_set_auth_level(limits, SSL_CTX_get_security_level(context));
    return X509_verify_cert(check.get()) == 1 && has_plain_names(certificate);
}

void read_client_certificate(X509* certificate, tls_facts& out) {
    out.has_client_certificate = true;
    out.client_subject = subject_of(certificate);
    out.client_sha256 = sha256_of(certificate);
    int critical = 0;
    const auto names = names_of(certificate, critical);
    if (!names) return;
    for (int i = 0; i < sk_GENERAL_NAME_num(names.get()); ++i) {
        int kind = 0;
        const auto* const value = static_cast<const ASN1_STRING*>(
            GENERAL_NAME_get0_value(sk_GENERAL_NAME_value(names.get(), i), &kind));
        if (kind == GEN_URI) out.client_uris.emplace_back(text_of(value));
        if (kind == GEN_DNS) out.client_dns_names.push_back(core::lowered(text_of(value)));
    }
}

std::int64_t end_of_chain(const SSL* ssl) {
    auto* const chain = SSL_get0_verified_chain(ssl);
    if (chain == nullptr) return 0;
    auto out = INT64_MAX;
    for (int i = 0; i < sk_X509_num(chain); ++i) out = std::min(out, end_of(sk_X509_value(chain, i)));
    return out;
}

}  // namespace gate::net
