#pragma once
// How Gate is asked, and how long its answers hold. Each option states its meaning, its range and what zero
// means; the initialiser is its default.

#include <gate/config/values.hpp>
#include <gate/core/clock.hpp>

#include <cstddef>
#include <string>

namespace gate::config {

using core::duration;
using namespace std::chrono_literals;

// The calls that Gate allows the whole organization. All replicas and all other users of its keys share them.
struct budget_options {
    std::size_t limit = 600;    // calls per window; Gate's answers take precedence; 1..1'000'000
    duration window = 60s;      // rolling; 1s..1h
    std::size_t unknown = 240;  // of these, for tokens that Gate then refuses; 1..1'000'000
    bool operator==(const budget_options&) const = default;
};

// When Gate receives only probes for a while.
struct circuit_options {
    std::size_t failures = 5;      // consecutive failed or slow calls; 1..1'000
    duration slow_after = 3s;      // a call that takes longer counts as slow; 10ms..60s
    duration probe_interval = 1s;  // between two calls that test whether Gate has recovered; 100ms..60s
    bool operator==(const circuit_options&) const = default;
};

struct gate_options {
    url base_url{true, "api.usefoil.com", 443, ""};  // https; plain http only for the loopback
    std::string verify_path = "/v1/gate/agent-tokens/verify";
    std::string revoke_path = "/v1/gate/agent-tokens/revoke";
    std::string token_field = "agent_token";  // name of the JSON member that carries the token
    std::string secret_key_file;              // holds the secret key; empty: FOIL_SECRET_KEY
    duration timeout = 5s;                    // one whole call, connection included; 10ms..60s
    std::string ca_file;                      // PEM bundle; empty: the system's
    budget_options budget;
    circuit_options circuit;
    bool operator==(const gate_options&) const = default;
};

struct cache_options {
    duration ttl = 60s;                         // longest, of an accepted token; 0..1h; 0: nothing is cached
    duration negative_ttl = 30s;                // of a refused token; 0..1h; 0: refusals are not cached
    std::size_t max_entries = 100'000;          // accepted tokens; 1..10'000'000
    std::size_t max_negative_entries = 20'000;  // refused tokens, in a cache of their own; 1..10'000'000
    bool obey_no_store = false;                 // do not cache answers that Gate marks no-store
    bool refresh_ahead = true;                  // verify a token in use before its TTL ends
    // An accepted token stays accepted for this time after its TTL while Gate cannot answer; 0..1h; 0: none.
    duration grace = 0s;
    // Exchanges that outlive the TTL are verified again, and ended if the token is refused. A revocation made
    // through this process ends them even when this is off.
    bool verify_streams = true;
    // Such exchanges continue for this time after the TTL while Gate cannot answer; 0..24h; 0: none.
    duration stream_max_unverified = 5min;
    bool operator==(const cache_options&) const = default;
};

}  // namespace gate::config
