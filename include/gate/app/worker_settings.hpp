#pragma once
// What a worker is told of a configuration, at the start and with each reload.

#include <gate/app/upstream_addresses.hpp>
#include <gate/net/connection_pool.hpp>
#include <gate/proxy/snapshot.hpp>
#include <gate/telemetry/worker_metrics.hpp>

#include <boost/asio/ssl/context.hpp>

#include <memory>

namespace gate::app {

struct worker_settings {
    std::shared_ptr<const proxy::snapshot> snapshot;
    // Of upstream.url; another one: other connections. limits.upstream_connections holds for each book, so
    // that both upstreams may have as many until the last request at the old one has ended.
    std::shared_ptr<const address_book> upstream;
    std::shared_ptr<boost::asio::ssl::context> tls;  // null: Gate is spoken to without TLS
};

// The limits of the connections to the upstream: of all workers together.
net::pool_options pool_options_of(const proxy::snapshot& settings) noexcept;

// A worker's connections to the upstream that `where` leads to, counted in `metrics`: connections to several
// upstreams add up there. `wheel`, `metrics` and `parties` outlive what is returned.
std::shared_ptr<net::connection_pool> make_upstream_pool(core::executor executor, net::deadline_wheel& wheel,
                                                         const net::pool_options& options,
                                                         const std::shared_ptr<const address_book>& where,
                                                         telemetry::worker_metrics& metrics,
                                                         net::party_counter& parties);

}  // namespace gate::app
