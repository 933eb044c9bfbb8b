#include "certificates.hpp"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <cstdio>
#include <stdexcept>

#include <unistd.h>

namespace {

template <auto Free>
struct with {
    template <class T>
    void operator()(T* object) const {
        Free(object);
    }
};

using key_ptr = std::unique_ptr<EVP_PKEY, with<EVP_PKEY_free>>;
using x509_ptr = std::unique_ptr<X509, with<X509_free>>;
using bio_ptr = std::unique_ptr<BIO, with<BIO_free_all>>;

void require(bool condition) {
    if (!condition) throw std::runtime_error("OpenSSL failed while a test made a certificate");
}

bio_ptr read_from(const std::string& text) {
    return bio_ptr(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

std::string text_of(BIO* bio) {
    char* data = nullptr;
    const auto size = BIO_get_mem_data(bio, &data);
    return {data, static_cast<std::size_t>(size)};
}

void add_extension(X509* to, X509* issuer, int nid, const std::string& value) {
    X509V3_CTX context;
    X509V3_set_ctx(&context, issuer, to, nullptr, nullptr, 0);
    const std::unique_ptr<X509_EXTENSION, with<X509_EXTENSION_free>> extension(
        X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str()));
    require(extension != nullptr && X509_add_ext(to, extension.get(), -1) == 1);
}

x509_ptr make_unsigned(EVP_PKEY* key, const std::string& name, long seconds_left) {
    static long serial = 1;
    x509_ptr out(X509_new());
    X509_set_version(out.get(), 2);
    ASN1_INTEGER_set(X509_get_serialNumber(out.get()), ++serial);
    X509_gmtime_adj(X509_getm_notBefore(out.get()), -3600);
    X509_gmtime_adj(X509_getm_notAfter(out.get()), seconds_left);
    X509_set_pubkey(out.get(), key);
    const auto* bytes = reinterpret_cast<const unsigned char*>(name.data());
    X509_NAME_add_entry_by_txt(X509_get_subject_name(out.get()), "CN", MBSTRING_ASC, bytes,
                               static_cast<int>(name.size()), -1, 0);
    return out;
}

key_ptr make_key(const std::string& kind) {
    key_ptr out;
    if (kind.starts_with("RSA-")) {
        out.reset(EVP_RSA_gen(static_cast<unsigned>(std::stoi(kind.substr(4)))));
    } else if (kind.starts_with("ED")) {
        out.reset(EVP_PKEY_Q_keygen(nullptr, nullptr, kind.c_str()));
    } else {
        out.reset(EVP_EC_gen(kind.c_str()));
    }
    require(out != nullptr);
    return out;
}

// A text in a configuration cannot have every byte.
void add_dns_name(X509* to, const std::string& name) {
    auto* const text = ASN1_IA5STRING_new();
    require(ASN1_STRING_set(text, name.data(), static_cast<int>(name.size())) == 1);
    auto* const entry = GENERAL_NAME_new();
    GENERAL_NAME_set0_value(entry, GEN_DNS, text);
    const std::unique_ptr<GENERAL_NAMES, with<GENERAL_NAMES_free>> names(GENERAL_NAMES_new());
    require(sk_GENERAL_NAME_push(names.get(), entry) > 0);
    require(X509_add1_ext_i2d(to, NID_subject_alt_name, names.get(), 0, X509V3_ADD_DEFAULT) == 1);
}

certificate to_pem(X509* own, EVP_PKEY* key) {
    const bio_ptr cert(BIO_new(BIO_s_mem()));
    const bio_ptr secret(BIO_new(BIO_s_mem()));
    require(PEM_write_bio_X509(cert.get(), own) == 1);
    require(PEM_write_bio_PrivateKey(secret.get(), key, nullptr, nullptr, 0, nullptr, nullptr) == 1);
    return {text_of(cert.get()), text_of(secret.get())};
}

}  // namespace

certificate make_ca(const std::string& name) {
    const key_ptr key(EVP_EC_gen("P-256"));
    const auto own = make_unsigned(key.get(), name, 3600);
    X509_set_issuer_name(own.get(), X509_get_subject_name(own.get()));
    add_extension(own.get(), own.get(), NID_basic_constraints, "critical,CA:TRUE");
    add_extension(own.get(), own.get(), NID_key_usage, "critical,keyCertSign");
    require(X509_sign(own.get(), key.get(), EVP_sha256()) != 0);
    return to_pem(own.get(), key.get());
}

certificate make_certificate(const certificate& ca, const std::string& san, long seconds_left) {
    certificate_wish wish;
    wish.san = san;
    wish.seconds_left = seconds_left;
    return make_certificate(ca, wish);
}

certificate make_certificate(const certificate& ca, const certificate_wish& wish) {
    const x509_ptr issuer(PEM_read_bio_X509(read_from(ca.pem).get(), nullptr, nullptr, nullptr));
    const key_ptr issuer_key(PEM_read_bio_PrivateKey(read_from(ca.key_pem).get(), nullptr, nullptr, nullptr));
    const auto key = make_key(wish.key);
    const auto own = make_unsigned(key.get(), wish.common_name, wish.seconds_left);
    X509_set_issuer_name(own.get(), X509_get_subject_name(issuer.get()));
    if (!wish.san.empty()) add_extension(own.get(), issuer.get(), NID_subject_alt_name, wish.san);
    if (!wish.dns.empty()) add_dns_name(own.get(), wish.dns);
    if (wish.is_ca) {
        add_extension(own.get(), issuer.get(), NID_basic_constraints, "critical,CA:TRUE");
        add_extension(own.get(), issuer.get(), NID_key_usage, "critical,keyCertSign");
    }
    require(X509_sign(own.get(), issuer_key.get(), EVP_sha256()) != 0);
    return to_pem(own.get(), key.get());
}

certificate make_self_signed(const std::string& kind, const std::string& sans, long seconds_left) {
    const auto key = make_key(kind);
    const auto own = make_unsigned(key.get(), "gate under test", seconds_left);
    X509_set_issuer_name(own.get(), X509_get_subject_name(own.get()));
    if (!sans.empty()) add_extension(own.get(), own.get(), NID_subject_alt_name, sans);
    require(X509_sign(own.get(), key.get(), kind.starts_with("ED") ? nullptr : EVP_sha256()) != 0);
    return to_pem(own.get(), key.get());
}

std::string encrypted(const std::string& key_pem) {
    const key_ptr key(PEM_read_bio_PrivateKey(read_from(key_pem).get(), nullptr, nullptr, nullptr));
    const bio_ptr out(BIO_new(BIO_s_mem()));
    require(PEM_write_bio_PKCS8PrivateKey(out.get(), key.get(), EVP_aes_256_cbc(), "word", 4, nullptr,
                                          nullptr) == 1);
    return text_of(out.get());
}

std::string der_of(const certificate& from) {
    const x509_ptr own(PEM_read_bio_X509(read_from(from.pem).get(), nullptr, nullptr, nullptr));
    unsigned char* bytes = nullptr;
    const int size = i2d_X509(own.get(), &bytes);
    require(size > 0);
    const std::string out(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size));
    OPENSSL_free(bytes);
    return out;
}

std::shared_ptr<boost::asio::ssl::context> server_context(const certificate& own) {
    namespace asio = boost::asio;
    auto out = std::make_shared<asio::ssl::context>(asio::ssl::context::tls_server);
    out->use_certificate_chain(asio::buffer(own.pem));
    out->use_private_key(asio::buffer(own.key_pem), asio::ssl::context::pem);
    return out;
}

temporary_file::temporary_file(const std::string& content) {
    char name[] = "/tmp/gate-test-XXXXXX";
    const int file = ::mkstemp(name);
    require(file != -1 &&
            ::write(file, content.data(), content.size()) == static_cast<ssize_t>(content.size()));
    ::close(file);
    path_ = name;
}

temporary_file::~temporary_file() {
    ::unlink(path_.c_str());
}
