#include "openssl.hpp"

namespace gate::net {

std::string take_openssl_error() {
    const char* data = nullptr;
    int flags = 0;
    const auto code = ERR_peek_error_data(&data, &flags);
    std::string out;
    if (const char* const why = ERR_reason_error_string(code)) out = why;
    if (out.empty()) out = code == 0 ? "unknown" : "OpenSSL error " + std::to_string(code);
    const bool has_more = data != nullptr && *data != '\0' && (flags & ERR_TXT_STRING) != 0;
    if (has_more) out += std::string(" (") + data + ')';
    ERR_clear_error();
    return out;
}

}  // namespace gate::net
