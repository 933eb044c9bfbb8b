#pragma once
// What stands behind tls_context.hpp.

#include "openssl.hpp"

#include <gate/core/mutex.hpp>
#include <gate/net/ticket_keys.hpp>
#include <gate/net/tls_context.hpp>

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace gate::net {

// An SSL_CTX for each set of certificates that serves a name: one of each kind of key. All are set up alike
// but for that.
class server_tls {
public:
    // False: `why_not` says why.
    bool set_up(std::shared_ptr<const server_tls_material> from, std::string& why_not);

    SSL_CTX* context() const noexcept { return default_; }
    // The one for a name in lower case: exact names before wildcards. Null: there is none.
    SSL_CTX* context_for(std::string_view name) const;

    const server_tls_material& material() const noexcept { return *material_; }
    ticket_keys& tickets() const noexcept { return *tickets_; }

private:
    using certificate_set = std::array<const tls_certificate*, 3>;  // by key_kind

    certificate_set set_for(const std::string& name) const;
    SSL_CTX* context_of(const certificate_set& set, std::string& why_not);
    ssl_context_pointer make_context(const certificate_set& set, std::string& why_not);
    bool set_client_authority(SSL_CTX* context, std::string& why_not) const;

    std::shared_ptr<const server_tls_material> material_;
    std::shared_ptr<ticket_keys> tickets_;
    std::map<certificate_set, ssl_context_pointer> contexts_;
    std::map<std::string, SSL_CTX*, std::less<>> names_;  // "*.example.org" too
    SSL_CTX* default_ = nullptr;
};

// Sessions that can be resumed, of one upstream. Thread-safe: late tickets of a connection come where that is
// used.
class client_sessions {
public:
    static constexpr std::size_t most_names = 16;
    static constexpr std::size_t most_of_a_name = 8;

    struct entry {
        ssl_session_pointer session;
        std::int64_t end = 0;  // seconds since 1970: not used from then on
    };

    void put(const std::string& name, entry kept);
    // The latest of those that can be used at `now`. One of TLS 1.3 is used once (RFC 8446 C.4).
    entry take(const std::string& name, std::int64_t now);
    std::size_t size() const;

private:
    mutable core::mutex mutex_;
    std::map<std::string, std::vector<entry>> entries_ GATE_GUARDED_BY(mutex_);
};

class client_tls {
public:
    bool set_up(std::shared_ptr<const client_tls_material> from, std::string& why_not);

    SSL_CTX* context() const noexcept { return context_.get(); }
    client_sessions& sessions() const noexcept { return sessions_; }

private:
    std::shared_ptr<const client_tls_material> material_;
    mutable client_sessions sessions_;
    ssl_context_pointer context_;
};

// Of both: false with a reason.
bool use_certificate(SSL_CTX* context, const tls_certificate& certificate, std::string& why_not);
bool trust(SSL_CTX* context, std::string_view ca_pem, bool names_them, std::string& why_not);
bool set_rules(SSL_CTX* context, config::tls_version least, std::string& why_not);

}  // namespace gate::net
