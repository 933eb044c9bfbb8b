// What is wrong with a connection of TLS, for people.
#include "tls_state.hpp"

#include <gate/net/tls_handshake.hpp>

namespace gate::net {

std::string_view failure_text_of(const stream& of) noexcept {
    const auto* const state = of.tls();
    if (state == nullptr) return "TLS could not be set up";
    if (const auto verified = SSL_get_verify_result(state->ssl()); verified != X509_V_OK)
        return X509_verify_cert_error_string(verified);
    if (ERR_GET_REASON(state->failure_code()) == SSL_R_HTTP_REQUEST) return "it speaks HTTP without TLS";
    const char* const reason = ERR_reason_error_string(state->failure_code());
    return reason == nullptr ? "the connection has ended" : reason;
}

}  // namespace gate::net
