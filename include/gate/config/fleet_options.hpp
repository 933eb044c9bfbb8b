#pragma once
// The section `fleet`: the store that all replicas share.

#include <gate/config/tls_options.hpp>
#include <gate/core/clock.hpp>

#include <chrono>
#include <string>

namespace gate::config {

// Who we are at the sentinels that say where the store is. They have users of their own.
struct sentinel_options {
    std::string username;       // empty: their default user
    std::string password_file;  // empty: GATE_SIDECAR_FLEET_SENTINEL_PASSWORD, or none
    bool operator==(const sentinel_options&) const = default;
};

struct fleet_options {
    std::string url;            // of the store (store_url.hpp); empty: each replica is on its own
    std::string key_file;       // holds the fleet's key; empty: GATE_SIDECAR_FLEET_KEY
    std::string username;       // at the store; empty: its default user
    std::string password_file;  // empty: GATE_SIDECAR_FLEET_PASSWORD, or none
    sentinel_options sentinel{};
    upstream_tls_options tls{};
    core::duration timeout = std::chrono::milliseconds(50);  // of one command; 5ms..1s
    bool operator==(const fleet_options&) const = default;

    bool is_on() const noexcept { return !url.empty(); }
};

}  // namespace gate::config
