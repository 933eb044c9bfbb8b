#include "pem.hpp"

#include <openssl/pem.h>

#include <stdexcept>
#include <utility>

namespace gate::net {
namespace {

bio_pointer reader_of(std::string_view text) {
    bio_pointer out(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
    if (!out) throw std::bad_alloc();
    return out;
}

bool holds(std::string_view text, std::string_view what) {
    return text.find(what) != std::string_view::npos;
}

// No prompt on the terminal: what needs a pass phrase is refused. `asked` becomes true.
int refuse_pass_phrase(char*, int, int, void* asked) {
    *static_cast<bool*>(asked) = true;
    return -1;
}

// A SEQUENCE of ASN.1, as the binary forms of certificates and keys begin.
bool looks_like_der(std::string_view text) {
    return text.size() > 2 && text[0] == 0x30 && (static_cast<unsigned char>(text[1]) & 0x80) != 0;
}

std::string no_certificate(std::string_view text) {
    if (text.empty()) return "is empty";
    if (looks_like_der(text))
        return "is not PEM: convert it with 'openssl x509 -inform DER -in OLD -out NEW'";
    if (holds(text, "PRIVATE KEY-----")) return "holds a private key, but no certificate";
    if (holds(text, "-----BEGIN CERTIFICATE REQUEST-----"))
        return "holds a request for a certificate, but no certificate";
    return "holds no certificate in PEM (-----BEGIN CERTIFICATE-----)";
}

std::string no_key(std::string_view text) {
    if (text.empty()) return "is empty";
    if (looks_like_der(text))
        return "is not PEM: convert it with 'openssl pkey -inform DER -in OLD -out NEW'";
    if (holds(text, "PRIVATE KEY-----"))
        return "holds a private key that cannot be read: " + openssl_reason();
    if (holds(text, "-----BEGIN CERTIFICATE-----")) return "holds a certificate, but no private key";
    return "holds no private key in PEM (-----BEGIN PRIVATE KEY-----)";
}

// The end of the text, as against a block that is damaged.
bool is_at_end() {
    const auto error = ERR_peek_last_error();
    return ERR_GET_LIB(error) == ERR_LIB_PEM && ERR_GET_REASON(error) == PEM_R_NO_START_LINE;
}

}  // namespace

config::parsed<std::vector<x509_pointer>> parse_certificates(std::string_view pem, std::size_t most) {
    ERR_clear_error();
    const auto from = reader_of(pem);
    std::vector<x509_pointer> out;
    bool asked = false;
    for (;;) {
        x509_pointer next(PEM_read_bio_X509(from.get(), nullptr, refuse_pass_phrase, &asked));
        if (!next) break;
        if (out.size() == most)
            return config::refusal{"has more than " + std::to_string(most) + " certificates"};
        out.push_back(std::move(next));
    }
    const bool ended = is_at_end();
    const auto reason = openssl_reason();
    if (asked) return config::refusal{"has a certificate with a pass phrase"};
    if (!ended)
        return config::refusal{"has a certificate that cannot be read (number " +
                               std::to_string(out.size() + 1) + "): " + reason};
    if (out.empty()) return config::refusal{no_certificate(pem)};
    return out;
}

config::parsed<key_pointer> parse_key(std::string_view pem) {
    ERR_clear_error();
    const auto from = reader_of(pem);
    bool asked = false;
    key_pointer out(PEM_read_bio_PrivateKey(from.get(), nullptr, refuse_pass_phrase, &asked));
    if (asked)
        return config::refusal{
            "has a pass phrase, which nobody could type in: remove it with 'openssl pkey -in KEY -out NEW'"};
    if (!out) return config::refusal{no_key(pem)};
    ERR_clear_error();
    return out;
}

std::string pem_of(const std::vector<x509_pointer>& certificates) {
    const bio_pointer to(BIO_new(BIO_s_mem()));
    for (const auto& each : certificates) {
        if (!to || PEM_write_bio_X509(to.get(), each.get()) != 1) throw std::bad_alloc();
    }
    char* data = nullptr;
    const auto size = BIO_get_mem_data(to.get(), &data);
    return {data, static_cast<std::size_t>(size)};
}

}  // namespace gate::net
