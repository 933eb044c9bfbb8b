#pragma once
// What there is once in the process, for all workers: what is known of tokens, accounts and secret keys, and
// who may connect.

#include <gate/app/shared_parts.hpp>
#include <gate/config/config.hpp>

#include <utility>

namespace gate::app {

// Thread-safe where its members are.
struct process_state {
    // `log` outlives this object. `on_key_event` and `read_keys_again`: see verify::key_ring.
    process_state(const config::config& options, const telemetry::event_log& log,
                  verify::key_ring::listener on_key_event, verify::key_ring::reader read_keys_again)
        : tokens(options.cache, options.gate, options.limits,
                 [&log](config::log_level level, std::string_view line) { log.write(level, line); }),
          accounts(options.limits.accounts),
          secret_keys(options.secret_key, std::move(on_key_event), std::move(read_keys_again)),
          connections(options.limits.connections, options.limits.connections_per_client) {}

    void configure(const config::config& next) {
        tokens.configure(next.cache, next.gate, next.limits);
        connections.configure(next.limits.connections, next.limits.connections_per_client);
    }

    auth::process_key key = auth::process_key::random();
    auth::shared_state tokens;
    auth::account_records accounts;
    verify::key_ring secret_keys;
    connection_limit connections;
    full_house house;
};

}  // namespace gate::app
