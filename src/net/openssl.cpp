#include "openssl.hpp"

namespace gate::net {

std::string openssl_reason() {
    const auto error = ERR_peek_last_error();
    const char* const reason = error == 0 ? nullptr : ERR_reason_error_string(error);
    std::string out = reason != nullptr ? reason : "unknown error";
    ERR_clear_error();
    return out;
}

}  // namespace gate::net
