// TLS on a wire.
#include <gate/app/doctor/wire.hpp>
#include <gate/core/result.hpp>

#include <boost/asio/ip/address.hpp>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <array>

#include <poll.h>

namespace gate::app::doctor {
namespace {

bool is_address(const std::string& host) {
    core::error_code ec;
    boost::asio::ip::make_address(host, ec);
    return !ec;
}

std::string openssl_problem(const char* otherwise) {
    const auto code = ::ERR_get_error();
    const char* const reason = code == 0 ? nullptr : ::ERR_reason_error_string(code);
    ::ERR_clear_error();
    return reason == nullptr ? otherwise : reason;
}

bool use_files(SSL_CTX* context, const wire_tls& how) {
    const bool knows_authorities =
        how.ca_file.empty() ? SSL_CTX_set_default_verify_paths(context) == 1
                            : SSL_CTX_load_verify_locations(context, how.ca_file.c_str(), nullptr) == 1;
    if (!knows_authorities || how.cert_file.empty()) return knows_authorities;
    return SSL_CTX_use_certificate_chain_file(context, how.cert_file.c_str()) == 1 &&
           SSL_CTX_use_PrivateKey_file(context, how.key_file.c_str(), SSL_FILETYPE_PEM) == 1;
}

bool expect_name(SSL* of, const std::string& name) {
    auto* const checks = SSL_get0_param(of);
    X509_VERIFY_PARAM_set_hostflags(checks, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    if (is_address(name)) return X509_VERIFY_PARAM_set1_ip_asc(checks, name.c_str()) == 1;
    return X509_VERIFY_PARAM_set1_host(checks, name.data(), name.size()) == 1 &&
           SSL_set_tlsext_host_name(of, name.c_str()) == 1;
}

constexpr std::array<unsigned char, 9> only_http1{8, 'h', 't', 't', 'p', '/', '1', '.', '1'};

}  // namespace

template <class Call>
int wire::finish_tls(Call call, core::time_point until) {
    for (;;) {
        ::ERR_clear_error();
        const int out = call();
        if (out > 0) return out;
        const int wanted = SSL_get_error(tls_, out);
        timed_out_ = false;
        if (wanted != SSL_ERROR_WANT_READ && wanted != SSL_ERROR_WANT_WRITE) return out;
        if (!wait(wanted == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT, until)) return 0;
    }
}

int wire::send_tls(std::string_view bytes, core::time_point until) {
    return finish_tls([&] { return SSL_write(tls_, bytes.data(), static_cast<int>(bytes.size())); }, until);
}

int wire::read_tls(std::span<char> into, core::time_point until) {
    return finish_tls([&] { return SSL_read(tls_, into.data(), static_cast<int>(into.size())); }, until);
}

bool wire::shake_hands(const wire_tls& how, core::time_point until) {
    ::ERR_clear_error();
    context_ = SSL_CTX_new(TLS_client_method());
    if (context_ == nullptr || !use_files(context_, how)) {
        problem_ = openssl_problem("the files for TLS cannot be used");
        return false;
    }
    SSL_CTX_set_min_proto_version(context_, TLS1_2_VERSION);
    SSL_CTX_set_verify(context_, SSL_VERIFY_NONE, nullptr);  // it is looked at afterwards
    SSL_CTX_set_alpn_protos(context_, only_http1.data(), only_http1.size());
    tls_ = SSL_new(context_);
    if (tls_ == nullptr || !expect_name(tls_, how.server_name) || SSL_set_fd(tls_, descriptor_) != 1) {
        problem_ = openssl_problem("TLS cannot be used");
        return false;
    }
    if (finish_tls([this] { return SSL_connect(tls_); }, until) == 1) {
        look_at_certificate();
        return true;
    }
    problem_ = timed_out_ ? "no answer in time" : openssl_problem("the connection has ended");
    return false;
}

void wire::look_at_certificate() {
    X509* const leaf = SSL_get1_peer_certificate(tls_);
    if (leaf == nullptr) {
        shown_.problem = "no certificate was shown";
        return;
    }
    int days = 0;
    int seconds = 0;
    if (ASN1_TIME_diff(&days, &seconds, nullptr, X509_get0_notAfter(leaf)) == 1) shown_.days_left = days;
    X509_free(leaf);
    const auto result = SSL_get_verify_result(tls_);
    if (result != X509_V_OK) shown_.problem = X509_verify_cert_error_string(result);
}

}  // namespace gate::app::doctor
