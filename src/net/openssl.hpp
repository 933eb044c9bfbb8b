#pragma once
// Owners of OpenSSL's objects, and its queue of errors.

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <cstdint>
#include <memory>
#include <string>

namespace gate::net {

template <auto Free>
struct freed_by {
    template <class T>
    void operator()(T* object) const noexcept {
        Free(object);
    }
};

using bio_pointer = std::unique_ptr<BIO, freed_by<BIO_free_all>>;
using key_pointer = std::unique_ptr<EVP_PKEY, freed_by<EVP_PKEY_free>>;
using x509_pointer = std::unique_ptr<X509, freed_by<X509_free>>;
using names_pointer = std::unique_ptr<GENERAL_NAMES, freed_by<GENERAL_NAMES_free>>;
using ssl_pointer = std::unique_ptr<SSL, freed_by<SSL_free>>;
using ssl_context_pointer = std::unique_ptr<SSL_CTX, freed_by<SSL_CTX_free>>;
using ssl_session_pointer = std::unique_ptr<SSL_SESSION, freed_by<SSL_SESSION_free>>;

// When it was made, in seconds since the epoch.
inline std::int64_t time_of_session(const SSL_SESSION* session) noexcept {
#if OPENSSL_VERSION_NUMBER >= 0x30300000L
    return SSL_SESSION_get_time_ex(session);
#else
    return SSL_SESSION_get_time(session);
#endif
}

// OpenSSL's last error, in its words. Clears all.
std::string openssl_reason();

// Empties this thread's queue of errors at its end: nobody must take ours for his own.
struct errors_cleared {
    errors_cleared() noexcept { ERR_clear_error(); }
    ~errors_cleared() { ERR_clear_error(); }
    errors_cleared(const errors_cleared&) = delete;
    errors_cleared& operator=(const errors_cleared&) = delete;
};

}  // namespace gate::net
