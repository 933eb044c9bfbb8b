#pragma once
// Every option, as plain structs. The table in options.cpp names each of them.
// Each option states its meaning, its range and what zero means; the initialiser is its default.

#include <gate/config/access_options.hpp>
#include <gate/config/fleet_options.hpp>
#include <gate/config/gate_options.hpp>
#include <gate/config/limit_options.hpp>
#include <gate/config/listening_options.hpp>
#include <gate/config/telemetry_options.hpp>
#include <gate/config/upstream_options.hpp>
#include <gate/core/clock.hpp>
#include <gate/core/log_style.hpp>
#include <gate/core/secret_string.hpp>

#include <cstddef>
#include <vector>

namespace gate::config {

using core::duration;
using namespace std::chrono_literals;

using core::log_format;
using core::log_level;

struct log_options {
    log_level level = log_level::info;
    log_format format = log_format::json;
    bool access = true;  // one line for each request
    bool operator==(const log_options&) const = default;
};

struct shutdown_options {
    duration delay = 0s;   // /readyz says 503, connections are still accepted; 0..10m
    duration grace = 25s;  // for running exchanges to finish; 0..1h; 0: they are ended immediately
    bool operator==(const shutdown_options&) const = default;
};

struct config {
    listener_options listener;
    status_options status;
    admin_options admin;
    upstream_options upstream;
    gate_options gate;
    cache_options cache;
    fleet_options fleet;
    auth_options auth;
    forwarded_options forwarded;
    discovery_options discovery;
    answer_options answer;
    unsigned workers = 0;  // threads that serve; 1..256; auto (0): the CPU quota, rounded up
    log_options log;
    telemetry_options telemetry;
    shutdown_options shutdown;
    limit_options limits;
    std::vector<named_listener> listeners;  // in place of `listener`; empty: that one; at most 16
    std::vector<named_upstream> upstreams;  // in the order of the file; at most 100
    std::vector<route_options> routes;      // in the order of the file, which means nothing; at most 1000

    // Not an option: read from gate.secret_key_file or FOIL_SECRET_KEY while loading.
    core::secret_string secret_key;
    // Not an option: read from admin.token_file or GATE_SIDECAR_ADMIN_TOKEN; empty: there is none.
    core::secret_string admin_token;
    // Not an option: read from fleet.key_file or GATE_SIDECAR_FLEET_KEY; empty: there is none.
    core::secret_string fleet_key;
    // Not an option: read from fleet.password_file or GATE_SIDECAR_FLEET_PASSWORD; empty: there is none.
    core::secret_string fleet_password;
    // Not an option: read from fleet.sentinel.password_file or GATE_SIDECAR_FLEET_SENTINEL_PASSWORD; empty:
    // there is none.
    core::secret_string fleet_sentinel_password;
    // Not an option: read from telemetry.otlp.headers_file or OTEL_EXPORTER_OTLP_HEADERS; empty: there are
    // none.
    core::secret_string otlp_headers;

    bool operator==(const config&) const = default;

    // Where requests come in: `listeners`, or `listener` under the name of "proxy".
    std::vector<named_listener> all_listeners() const {
        return listeners.empty() ? std::vector{named_listener{"proxy", listener, {}}} : listeners;
    }
    // The options of one of them.
    const listener_options& listener_at(std::size_t index) const {
        return listeners.empty() ? listener : listeners[index].options;
    }
};

}  // namespace gate::config
