#include "peer_certificate.hpp"
#include "server_name.hpp"
#include "tls_contexts.hpp"
#include "tls_state.hpp"

#include <gate/net/tls_handshake.hpp>

#include <ctime>
#include <new>

namespace gate::net {
namespace {

std::string_view version_of(const SSL* ssl) noexcept {
    return SSL_version(ssl) == TLS1_3_VERSION ? "1.3" : "1.2";
}

tls_facts agreed_on(const SSL* ssl) {
    tls_facts out;
    out.version = version_of(ssl);
    if (const char* const name = SSL_CIPHER_standard_name(SSL_get_current_cipher(ssl))) out.cipher = name;
    const unsigned char* protocol = nullptr;
    unsigned size = 0;
    SSL_get0_alpn_selected(ssl, &protocol, &size);
    out.alpn = {reinterpret_cast<const char*>(protocol), size};
    out.resumed = SSL_session_reused(ssl) != 0;
    return out;
}

tls_facts facts_of_server(const SSL* ssl, config::client_auth asked) {
    auto out = agreed_on(ssl);
    out.client_auth = asked;
    const char* const sent = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
    if (sent != nullptr) out.server_name = normal_server_name(sent).value_or(std::string());
    auto* const shown = SSL_get0_peer_certificate(ssl);
    if (shown != nullptr && SSL_get_verify_result(ssl) == X509_V_OK) read_client_certificate(shown, out);
    return out;
}

// Why our side, or the other one, has given up.
handshake_result failure_of_server(const tls_state& state) noexcept {
    const auto code = ERR_peek_error();
    const bool shows_none =
        ERR_GET_LIB(code) == ERR_LIB_SSL && ERR_GET_REASON(code) == SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE;
    return state.is_refused() || shows_none ? handshake_result::refused : handshake_result::failed;
}

handshake_result failure_of_client(const tls_state& state) noexcept {
    switch (SSL_get_verify_result(state.ssl())) {
        case X509_V_OK: return handshake_result::failed;
        case X509_V_ERR_HOSTNAME_MISMATCH:
        case X509_V_ERR_IP_ADDRESS_MISMATCH: return handshake_result::misnamed;
        default: return handshake_result::untrusted;
    }
}

// True when it has come to its end; else why it has not is in `out`: `failed` is for the caller to explain.
core::task<bool> shake(stream& on, core::time_point until, handshake_result& out) {
    out = handshake_result::failed;
    for (;;) {
        if (on.is_cut()) {
            out = handshake_result::cut;
            co_return false;
        }
        const auto step = on.shake_tls();
        if (step == tls_step::done) co_return true;
        if (step == tls_step::failed) co_return false;
        auto status = wait_status::ready;
        if (step == tls_step::wants_read) {
            status = co_await on.readable(until);
        } else {
            status = co_await on.writable(until);
        }
        if (status == wait_status::timed_out) {
            out = on.is_cut() ? handshake_result::cut : handshake_result::timed_out;
            co_return false;
        }
        if (status == wait_status::cancelled) {
            out = handshake_result::cut;
            co_return false;
        }
    }
}

tls_state& begin(stream& on, SSL_CTX* context, std::shared_ptr<const void> keeps) {
    ssl_pointer ssl(SSL_new(context));
    if (!ssl) throw std::bad_alloc();
    on.set_tls(tls_state_pointer(new tls_state(std::move(ssl), std::move(keeps))));
    return *on.tls();
}

bool expect_name(SSL* ssl, std::string_view server_name, std::string& expected) {
    auto* const rules = SSL_get0_param(ssl);
    X509_VERIFY_PARAM_set_hostflags(
        rules, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
    if (const auto address = as_address(server_name)) {
        expected = *address;
        return X509_VERIFY_PARAM_set1_ip_asc(rules, expected.c_str()) == 1;
    }
    const auto name = normal_server_name(server_name);
    if (!name) return false;
    expected = *name;
    return X509_VERIFY_PARAM_set1_host(rules, expected.data(), expected.size()) == 1 &&
           SSL_set_tlsext_host_name(ssl, expected.c_str()) == 1;
}

// A server may choose only what has been offered to it (RFC 7301 3.2).
bool is_ours(std::string_view protocol) noexcept {
    return protocol.empty() || protocol == "http/1.1";
}

}  // namespace

core::task<handshake_result> accept_tls(stream& on, std::shared_ptr<server_tls> with,
                                        core::time_point until) {
    auto* const context = with->context();
    const auto asked = with->material().client_auth;
    auto& state = begin(on, context, std::move(with));
    SSL_set_accept_state(state.ssl());
    auto out = handshake_result::ok;
    const bool is_done = co_await shake(on, until, out);
    if (is_done) {
        state.set_facts(facts_of_server(state.ssl(), asked));
        on.expect_more();
        out = handshake_result::ok;
    } else if (out == handshake_result::failed) {
        out = failure_of_server(state);
    }
    ERR_clear_error();
    co_return out;
}

core::task<handshake_result> connect_tls(stream& on, std::shared_ptr<client_tls> with,
                                         std::string_view server_name, core::time_point until) {
    const auto& of = *with;
    auto& state = begin(on, of.context(), std::move(with));
    SSL_set_connect_state(state.ssl());
    if (!expect_name(state.ssl(), server_name, state.session_name)) {
        ERR_clear_error();
        co_return handshake_result::misnamed;
    }
    if (auto known = of.sessions().take(state.session_name, std::time(nullptr)); known.session) {
        state.session_end = known.end;
        SSL_set_session(state.ssl(), known.session.get());
    }
    auto out = handshake_result::ok;
    const bool is_done = co_await shake(on, until, out);
    if (is_done) {
        auto facts = agreed_on(state.ssl());
        out = is_ours(facts.alpn) ? handshake_result::ok : handshake_result::failed;
        if (out == handshake_result::ok) state.set_facts(std::move(facts));
        on.expect_more();
    } else if (out == handshake_result::failed) {
        out = failure_of_client(state);
    }
    ERR_clear_error();
    co_return out;
}

const tls_facts* facts_of(const stream& of) noexcept {
    return of.tls() == nullptr ? nullptr : of.tls()->facts();
}

bool has_said_hello(const stream& on) noexcept {
    return on.tls() != nullptr && on.tls()->has_hello();
}

bool has_begun_handshake(const stream& on) noexcept {
    return on.tls() != nullptr && BIO_number_read(SSL_get_rbio(on.tls()->ssl())) > 0;
}

}  // namespace gate::net
