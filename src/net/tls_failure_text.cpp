// What is wrong with a connection of TLS, for people.
#include "tls_state.hpp"

#include <gate/net/tls_handshake.hpp>

namespace gate::net {

std::string_view failure_text_of(const stream& of) noexcept {
    const auto* const state = of.tls();
    if (state == nullptr) return "TLS could not be set up";
    if (const auto verified = SSL_get_verify_result(state->ssl()); verified != X509_V_OK)
        return X509_verify_cert_error_string(verified);
    if (state->is_refused()) return "the server name is not served here";
    const auto code = state->failure_code();
    if (ERR_GET_LIB(code) == ERR_LIB_SSL) {
        switch (ERR_GET_REASON(code)) {
            case SSL_R_HTTP_REQUEST:
            case SSL_R_HTTPS_PROXY_REQUEST:
            case SSL_R_WRONG_VERSION_NUMBER: return "it does not speak TLS";
            default: break;
        }
    }
    const char* const reason = ERR_reason_error_string(code);
    return reason == nullptr ? "the connection has ended" : reason;
}

}  // namespace gate::net
