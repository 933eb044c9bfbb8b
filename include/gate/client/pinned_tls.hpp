#pragma once
// TLS to a process of our own: what it shows must be one of the certificates that we know, whichever CA has
// signed them, whatever their names and their dates.

#include <gate/core/result.hpp>

#include <boost/asio/ssl/context.hpp>

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace gate::client {

// Belongs to one thread. The context keeps it alive.
class pinned_tls {
public:
    // `sha256`: of the DER of each, lower-case hex; nothing: any certificate will do, for calls without a
    // secret.
    static core::result<std::shared_ptr<pinned_tls>> make(std::optional<std::vector<std::string>> sha256);

    static std::shared_ptr<boost::asio::ssl::context> context_of(std::shared_ptr<pinned_tls> own);

    // Of the last certificate that was shown and is not one of them, or "".
    const std::string& refused() const noexcept { return refused_; }

    // For OpenSSL.
    bool accepts(const std::string& sha256);

private:
    pinned_tls() : context_(boost::asio::ssl::context::tls_client) {}

    boost::asio::ssl::context context_;
    std::optional<std::vector<std::string>> known_;
    std::string refused_;
};

}  // namespace gate::client
