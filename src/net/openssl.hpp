#pragma once
// Owners of OpenSSL's objects of TLS, and its queue of errors.

#include "pem.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <memory>

namespace gate::net {

template <auto Free>
struct freed_by {
    template <class T>
    void operator()(T* object) const noexcept {
        Free(object);
    }
};

using ssl_pointer = std::unique_ptr<SSL, freed_by<SSL_free>>;
using ssl_context_pointer = std::unique_ptr<SSL_CTX, freed_by<SSL_CTX_free>>;
using ssl_session_pointer = std::unique_ptr<SSL_SESSION, freed_by<SSL_SESSION_free>>;

// Empties this thread's queue of errors at its end: nobody must take ours for his own.
struct errors_cleared {
    errors_cleared() noexcept { ERR_clear_error(); }
    ~errors_cleared() { ERR_clear_error(); }
    errors_cleared(const errors_cleared&) = delete;
    errors_cleared& operator=(const errors_cleared&) = delete;
};

}  // namespace gate::net
