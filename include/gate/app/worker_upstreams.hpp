#pragma once
// A worker's connections to all upstreams of the configuration.

#include <gate/app/worker_settings.hpp>
#include <gate/auth/account_records.hpp>
#include <gate/net/buffer_pool.hpp>
#include <gate/net/connection_pool.hpp>
#include <gate/proxy/snapshot.hpp>
#include <gate/telemetry/event_log.hpp>
#include <gate/telemetry/worker_metrics.hpp>

#include <memory>
#include <vector>

namespace gate::app {

// Not thread-safe: belongs to its worker.
class worker_upstreams {
public:
    // All outlive the connections.
    struct surroundings {
        core::executor executor;
        net::deadline_wheel& wheel;
        telemetry::worker_metrics& metrics;
        auth::account_records& accounts;
        net::buffer_pool& blocks;
        const telemetry::event_log& events;
    };

    worker_upstreams(const surroundings& with, const worker_settings& settings);

    // Connections to upstreams that stay where they are stay, too. The others end with the last request that
    // uses them.
    void configure(const worker_settings& settings);

    // See net::connection_pool.
    void look_at_addresses();

    // Idle connections are closed, and those in use are not kept.
    void drain();

    // In the order of snapshot::upstreams. `settings`: those of the last configure().
    std::vector<proxy::upstream_place> places(const proxy::snapshot& settings) const;

    // The way to another server than these, with connections of its own.
    proxy::upstream_place place_at(const std::shared_ptr<const address_book>& where,
                                   const worker_settings& settings) const;

private:
    struct pool;
    proxy::upstream_place place_of(const std::shared_ptr<pool>& one, const proxy::snapshot& settings) const;

    surroundings with_;
    std::vector<std::shared_ptr<pool>> pools_;
    bool is_draining_ = false;
};

}  // namespace gate::app
