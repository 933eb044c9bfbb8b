#pragma once
// TLS of the operating listeners: a cold path on the control thread, with contexts of its own.

#include <gate/core/result.hpp>
#include <gate/net/tls_material.hpp>

#include <boost/asio/ssl/context.hpp>

#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace gate::app {

// Connections keep the one that they began with. Not thread-safe.
class operating_tls {
public:
    // Throws std::runtime_error if OpenSSL cannot use what `from` holds.
    explicit operating_tls(const net::server_tls_material& from);
    operating_tls(const operating_tls&) = delete;
    operating_tls& operator=(const operating_tls&) = delete;

    // With the certificate that is the default.
    boost::asio::ssl::context& context() noexcept { return entries_.front().context; }

    // The one for the name that a client asks for: exact names before wildcards, else the default.
    boost::asio::ssl::context& context_for(std::string_view name);

private:
    struct entry {
        std::vector<std::string> names;
        boost::asio::ssl::context context;
    };

    std::list<entry> entries_;  // not empty
};

}  // namespace gate::app
