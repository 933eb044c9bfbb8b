// Lists of ciphers and groups, as OpenSSL writes them.
#include "openssl.hpp"

#include <gate/config/problem.hpp>
#include <gate/net/tls_files.hpp>

#include <stdexcept>

namespace gate::net {
namespace {

ssl_context_pointer make_context() {
    ssl_context_pointer out(SSL_CTX_new(TLS_server_method()));
    if (!out) throw std::bad_alloc();
    return out;
}

bool is_known(SSL_CTX* context, const std::string& item) {
    const bool out = SSL_CTX_set_cipher_list(context, item.c_str()) == 1;
    openssl_reason();
    return out;
}

// OpenSSL takes a list in which one item is known, and passes over the others.
std::string find_unknown(SSL_CTX* context, std::string_view list) {
    while (!list.empty()) {
        const auto end = std::min(list.find_first_of(":, "), list.size());
        const auto item = list.substr(0, end);
        list.remove_prefix(std::min(end + 1, list.size()));
        if (item.starts_with('@') || item.empty()) continue;
        const std::string name(
            item.substr(item.front() == '!' || item.front() == '-' || item.front() == '+'));
        if (!is_known(context, name)) return std::string(item);
    }
    return {};
}

bool is_weak(const SSL_CIPHER* cipher) {
    constexpr int least_bits = 112;
    return SSL_CIPHER_get_auth_nid(cipher) == NID_auth_null ||
           SSL_CIPHER_get_bits(cipher, nullptr) < least_bits;
}

std::string find_weak(const SSL_CTX* context) {
    const auto* const all = SSL_CTX_get_ciphers(context);
    for (int i = 0; i < sk_SSL_CIPHER_num(all); ++i) {
        const SSL_CIPHER* const each = sk_SSL_CIPHER_value(all, i);
        if (is_weak(each)) return SSL_CIPHER_get_name(each);
    }
    return {};
}

}  // namespace

std::string check_ciphers(const std::string& list) {
    if (list.empty()) return {};
    const auto context = make_context();
    if (const auto unknown = find_unknown(context.get(), list); !unknown.empty())
        return config::in_quotes(unknown) + " is no cipher of TLS 1.2 that OpenSSL knows";
    if (!is_known(context.get(), list)) return "leaves no cipher of TLS 1.2";
    if (const auto weak = find_weak(context.get()); !weak.empty())
        return "has " + weak + ", which does not protect a connection: end the list with !aNULL:!eNULL";
    return {};
}

std::string check_groups(const std::string& list) {
    if (list.empty()) return {};
    const auto context = make_context();
    const bool is_good = SSL_CTX_set1_groups_list(context.get(), list.c_str()) == 1;
    openssl_reason();
    return is_good ? "" : config::in_quotes(list) + " has a group that OpenSSL does not know";
}

}  // namespace gate::net
