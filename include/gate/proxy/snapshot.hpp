#pragma once
// The whole validated configuration and everything that is derived from it, as of one load. Immutable: a
// reload makes another one, and requests that have begun go on with the one that they have begun with.

#include <gate/auth/policy.hpp>
#include <gate/config/config.hpp>
#include <gate/http/request_facts.hpp>
#include <gate/net/address.hpp>
#include <gate/protocol/outbound.hpp>
#include <gate/proxy/pace.hpp>

#include <boost/smart_ptr/intrusive_ptr.hpp>
#include <boost/smart_ptr/intrusive_ref_counter.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

namespace gate::proxy {

// Shared by all threads.
struct snapshot {
    // number: 1 for the configuration of the start, and one more with each that takes its place.
    explicit snapshot(config::config settings, std::uint64_t number = 1)
        : options(std::move(settings)),
          generation(number),
          policy(options.auth),
          identity_begin(options.auth.header_name + ": "),
          trusted(options.forwarded.trusted_proxies),
          head_limits{options.limits.head_size, options.limits.fields, options.limits.target_length},
          reading{head_limits, http::identity_names(options.auth.header_name), options.forwarded.pass},
          client_pace(pace_of(options.limits)) {}

    const config::config options;
    const std::uint64_t generation;
    const auth::route_policy policy;
    const std::string identity_begin;  // "X-Gate-Account-Id: "
    const net::network_set trusted;
    const http::head_limits head_limits;
    const http::reading_rules reading;
    const pace client_pace;  // limits.body_rate
};

// One worker's hold on a snapshot, with the way to the upstream that belongs to it. Each exchange holds one
// of these, and counts itself without an atomic operation: the count that all cores share changes with a
// reload alone.
struct local_snapshot : boost::intrusive_ref_counter<local_snapshot, boost::thread_unsafe_counter> {
    local_snapshot(std::shared_ptr<const snapshot> all, std::shared_ptr<protocol::outbound_source> upstream)
        : shared(std::move(all)), places(std::move(upstream)) {}

    const std::shared_ptr<const snapshot> shared;
    const std::shared_ptr<protocol::outbound_source> places;  // at the upstream
};
using local_snapshot_pointer = boost::intrusive_ptr<const local_snapshot>;

}  // namespace gate::proxy
