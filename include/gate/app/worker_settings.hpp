#pragma once
// What a worker is told of a configuration, at the start and with each reload.

#include <gate/app/tls_contents.hpp>
#include <gate/app/upstream_addresses.hpp>
#include <gate/proxy/snapshot.hpp>

#include <boost/asio/ssl/context.hpp>

#include <memory>
#include <vector>

namespace gate::app {

struct worker_settings {
    std::shared_ptr<const proxy::snapshot> snapshot;
    // In the order of snapshot::upstreams; another one: other connections. limits.upstream_connections holds
    // for each book, so that an upstream that is replaced may have as many as the one that replaces it, until
    // the last request there has ended.
    std::vector<std::shared_ptr<const address_book>> upstreams;
    std::shared_ptr<boost::asio::ssl::context> tls;  // null: Gate is spoken to without TLS
    // Of listeners and upstreams, not null: what has not changed is the same object as before. Contexts are
    // made of it for each worker (net/tls_context.hpp).
    std::shared_ptr<const tls_contents> tls_files{};
};

}  // namespace gate::app
