#pragma once
// The whole validated configuration and everything that is derived from it, as of one load. Immutable: a
// reload makes another one, and requests that have begun go on with the one that they have begun with.

#include <gate/auth/policy.hpp>
#include <gate/config/config.hpp>
#include <gate/http/error_texts.hpp>
#include <gate/http/request_facts.hpp>
#include <gate/net/address.hpp>
#include <gate/protocol/outbound.hpp>
#include <gate/proxy/pace.hpp>
#include <gate/proxy/upstream_party.hpp>
#include <gate/telemetry/name_registry.hpp>

#include <boost/smart_ptr/intrusive_ptr.hpp>
#include <boost/smart_ptr/intrusive_ref_counter.hpp>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace gate::proxy {

// What the routes can set for themselves, the upstream that they lead to, and as what metrics count it.
struct route_settings {
    std::size_t upstream = 0;  // in snapshot::upstreams, and local_snapshot::upstreams
    telemetry::name_index upstream_label = telemetry::unnamed;
    core::duration response_timeout{0};
    core::duration stream_idle_timeout{0};
    core::duration body_timeout{0};
    pace client_pace{};
};

// Shared by all threads.
struct snapshot {
    // number: 1 for the configuration of the start, and one more with each that takes its place. `names`:
    // of the metrics; null: they name neither routes nor upstreams.
    explicit snapshot(config::config settings, std::uint64_t number = 1,
                      telemetry::label_names* names = nullptr)
        : options(std::move(settings)),
          generation(number),
          policy(options),
          errors(policy.documents().links()),
          upstreams(upstreams_of(options)),
          upstream_labels(upstream_labels_of(options, names)),
          identity_begin(options.auth.header_name + ": "),
          trusted(options.forwarded.trusted_proxies),
          head_limits{options.limits.head_size, options.limits.fields, options.limits.target_length},
          reading{head_limits, http::identity_names(options.auth.header_name), options.forwarded.pass},
          client_pace(pace_of(options.limits.body_rate, options.limits.body_timeout)),
          route_labels_(route_labels_of(policy.routes().routes(), names)),
          settings_(settings_of_routes()),
          first_route_(policy.routes().routes().data()) {}

    const config::config options;
    const std::uint64_t generation;
    const auth::access_policy policy;  // without errors
    const http::error_texts errors;
    const std::vector<config::upstream_options> upstreams;     // the default one, then those with a name
    const std::vector<telemetry::name_index> upstream_labels;  // in their order
    const std::string identity_begin;                          // "X-Gate-Account-Id: "
    const net::network_set trusted;
    const http::head_limits head_limits;
    const http::reading_rules reading;
    const pace client_pace;  // limits.body_rate

    // What holds for a request that takes `chosen`; null: no route. Lives with the snapshot.
    const route_settings& settings_for(const auth::route* chosen) const noexcept {
        if (chosen == nullptr) return settings_.front();
        return settings_[static_cast<std::size_t>(chosen - first_route_) + 1];
    }

    // For telemetry::request_labels; null: no route.
    telemetry::name_index label_of(const auth::route* chosen) const noexcept {
        if (chosen == nullptr) return telemetry::unnamed;
        return route_labels_[static_cast<std::size_t>(chosen - first_route_)];
    }

    // In the order of the policy's routes.
    std::span<const telemetry::name_index> route_labels() const noexcept { return route_labels_; }

private:
    using labels = std::vector<telemetry::name_index>;
    static std::vector<config::upstream_options> upstreams_of(const config::config& options);
    static labels upstream_labels_of(const config::config& options, telemetry::label_names* names);
    static labels route_labels_of(const std::vector<auth::route>& routes, telemetry::label_names* names);
    route_settings settings_of(const auth::route* route) const;
    std::vector<route_settings> settings_of_routes() const;

    const labels route_labels_;                   // in the order of the routes
    const std::vector<route_settings> settings_;  // without a route, then of each route in their order
    const auth::route* const first_route_;
};

// The way to one upstream.
struct upstream_place {
    std::shared_ptr<protocol::outbound_source> places;
    std::shared_ptr<upstream_sharing> sharing;
};

// One worker's hold on a snapshot, with the ways to the upstreams that belong to it. Each exchange holds one
// of these, and counts itself without an atomic operation: the count that all cores share changes with a
// reload alone.
struct local_snapshot : boost::intrusive_ref_counter<local_snapshot, boost::thread_unsafe_counter> {
    local_snapshot(std::shared_ptr<const snapshot> all, std::vector<upstream_place> ways)
        : shared(std::move(all)), upstreams(std::move(ways)) {}

    const std::shared_ptr<const snapshot> shared;
    const std::vector<upstream_place> upstreams;  // in the order of snapshot::upstreams
};
using local_snapshot_pointer = boost::intrusive_ptr<const local_snapshot>;

}  // namespace gate::proxy
