#pragma once
// Every option, as plain structs: this file is the reference that the loader, the documentation and the tests
// are held against. Each option states its meaning, its range and what zero means; the initialiser is its
// default.

#include <gate/core/clock.hpp>
#include <gate/core/log_style.hpp>
#include <gate/core/secret_string.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace gate::config {

using core::duration;
using namespace std::chrono_literals;

// IP address and port. An IPv6 host stands in brackets in the file and without them here.
struct endpoint {
    std::string host;
    std::uint16_t port = 0;  // 0: any free port (tests)
    bool operator==(const endpoint&) const = default;
};

// An absolute http or https URL, taken apart.
struct url {
    bool tls = false;
    std::string host;  // lower case, without brackets
    std::uint16_t port = 0;
    std::string path;  // "" or begins with '/', never ends with one
    bool operator==(const url&) const = default;
};

// An address range: 10.0.0.0/8, ::1, ...
struct network {
    std::string address;  // as written, canonical form
    unsigned prefix = 0;  // bits
    bool operator==(const network&) const = default;
};

enum class auth_mode : std::uint8_t {
    required,  // no agt_ token: 401
    optional,  // no agt_ token: passed on without an identity
};
using core::log_format;
using core::log_level;

struct listener_options {
    endpoint address{"0.0.0.0", 8080};  // where requests come in
    bool operator==(const listener_options&) const = default;
};

struct status_options {
    endpoint address{"0.0.0.0", 9902};  // /livez, /readyz, /metrics and nothing else
    bool operator==(const status_options&) const = default;
};

struct admin_options {
    endpoint address{"127.0.0.1", 9901};  // operating endpoints; keep it on the loopback
    std::string token_file;  // holds the admin token; empty: GATE_SIDECAR_ADMIN_TOKEN; without one, nothing
                             // that changes state is served
    std::vector<std::string> hosts;  // names in Host by which it may be reached, besides addresses and
                                     // localhost
    bool operator==(const admin_options&) const = default;
};

struct upstream_options {
    url target{false, "127.0.0.1", 3000, ""};  // `url`: the protected API; http only, no path
    bool forward_token = false;                // leave the verified token in the request
    duration connect_timeout = 2s;             // 1ms..60s
    duration response_timeout = 60s;           // until the response head; 0..1h; 0: no limit
    duration idle_timeout = 4s;  // a pooled connection is dropped after this; 0..1h; 0: never pooled
    bool operator==(const upstream_options&) const = default;
};

// The calls that Gate grants to the whole organization: every replica and every other user of its keys share
// them.
struct budget_options {
    std::size_t limit = 600;    // calls per window; Gate's own word counts more; 1..1'000'000
    duration window = 60s;      // rolling; 1s..1h
    std::size_t unknown = 240;  // of them, for tokens that Gate turns out to refuse; 1..1'000'000
    bool operator==(const budget_options&) const = default;
};

// When Gate is left alone for a while.
struct circuit_options {
    std::size_t failures = 5;      // calls in a row that fail or are slow; 1..1'000
    duration slow_after = 3s;      // a call that takes longer is slow; 10ms..60s
    duration probe_interval = 1s;  // between two calls that try whether Gate is back; 100ms..60s
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
    duration ttl = 60s;                         // ceiling for a positive answer; 0..1h; 0: nothing is cached
    duration negative_ttl = 30s;                // for a refusal; 0..1h; 0: refusals are not cached
    std::size_t max_entries = 100'000;          // accepted tokens; 1..10'000'000
    std::size_t max_negative_entries = 20'000;  // refused tokens, in a store of their own; 1..10'000'000
    bool obey_no_store = false;                 // do not cache what Gate marks no-store
    bool refresh_ahead = true;                  // ask again for a token in use before its TTL ends
    duration grace = 0s;         // an accepted token outlives its TTL by this while Gate cannot answer; 0..1h
    bool verify_streams = true;  // exchanges that outlive the TTL are verified again, and ended if refused
    duration stream_max_unverified = 5min;  // they last this long while Gate cannot answer; 0..24h
    bool operator==(const cache_options&) const = default;
};

struct auth_options {
    std::string header_name = "X-Gate-Account-Id";  // carries the account to the upstream
    auth_mode mode = auth_mode::required;
    std::vector<std::string> public_paths;  // exact paths that need no token
    bool operator==(const auth_options&) const = default;
};

struct forwarded_options {
    std::vector<network> trusted_proxies;  // whose X-Forwarded-* fields are believed; none
    std::vector<std::string> pass;         // of http::rerouting_names, those that reach the upstream; none
    bool operator==(const forwarded_options&) const = default;
};

struct log_options {
    log_level level = log_level::info;
    log_format format = log_format::json;
    bool access = true;  // one line for each request
    bool operator==(const log_options&) const = default;
};

struct shutdown_options {
    duration delay = 0s;   // not ready, still accepting; 0..10m
    duration grace = 25s;  // running exchanges may finish; 0..1h; 0: cut at once
    bool operator==(const shutdown_options&) const = default;
};

struct limit_options {
    std::size_t head_size = 16 * 1024;     // bytes of a request or response head; 1KiB..64KiB
    std::size_t fields = 100;              // header fields in a head; 1..1000
    std::size_t target_length = 8 * 1024;  // bytes of a request target; 64..64KiB
    std::size_t chunk_extension = 256;     // bytes of the extensions of one chunk; 0..4KiB
    std::size_t trailer_size = 8 * 1024;   // bytes of a trailer section; 0..64KiB
    std::size_t drain = 64 * 1024;         // unread body read and thrown away to keep a connection; 0..16MiB
    duration header_timeout = 10s;         // from the first byte of a head to its last; 10ms..10m
    // Without a byte of a request body, or without one being taken by whoever is sent a body; 0..1h; 0: no
    // limit.
    duration body_timeout = 30s;
    // Bytes per second at which a client sends a body or takes a response on average, at least, while it is
    // waited for; looked at after body_timeout (30s where that is 0) of waiting; 0..1GiB/s; 0: no limit.
    // Event streams, WebSockets and gRPC are exempt.
    std::size_t body_rate = 500;
    // Without a byte from the upstream in mid-response, or in either direction of a tunnel; 0..24h; 0: no
    // limit.
    duration stream_idle_timeout = 5min;
    duration websocket_lifetime = 24h;         // of an upgraded connection; 0..168h; 0: no limit
    duration keep_alive_timeout = 75s;         // between two requests; 0..1h; 0: no keep-alive
    std::size_t requests_per_connection = 0;   // 0..1'000'000'000; 0: no limit
    std::size_t connections = 10'000;          // from downstream, over all workers; 1..1'000'000
    std::size_t connections_per_client = 0;    // from one address; 0..1'000'000; 0: no limit
    std::size_t upstream_connections = 1'000;  // over all workers; 1..1'000'000
    // Of those, in percent, what one account (or one client address without an account) may hold while fewer
    // than an eighth are free; 1%..100%; 100%: no limit.
    std::size_t upstream_share = 50;
    std::size_t accounts = 100'000;  // accounts and addresses whose share is counted; 1..10'000'000
    duration upstream_wait = 1s;     // for one of those to come free; 0..60s; 0: no waiting
    std::size_t verifications = 64;  // Gate calls under way; 1..10'000
    std::size_t verification_waiters = 10'000;  // requests that wait for one; 1..1'000'000
    std::size_t verification_queue = 256;       // tokens that wait for their call; 0..100'000
    // Tokens that Gate refuses, from one address; then those that Gate has not accepted lately are refused
    // unasked; 0..1'000'000; 0: no limit.
    std::size_t failed_tokens = 30;
    duration failed_tokens_window = 60s;   // 1s..1h
    std::size_t failing_clients = 10'000;  // addresses that are counted so; 1..1'000'000
    bool operator==(const limit_options&) const = default;
};

struct config {
    listener_options listener;
    status_options status;
    admin_options admin;
    upstream_options upstream;
    gate_options gate;
    cache_options cache;
    auth_options auth;
    forwarded_options forwarded;
    unsigned workers = 0;  // threads that serve; 1..256; auto (0): the CPU quota, rounded up
    log_options log;
    shutdown_options shutdown;
    limit_options limits;

    // Not an option: read from gate.secret_key_file or FOIL_SECRET_KEY while loading.
    core::secret_string secret_key;
    // Likewise, from admin.token_file or GATE_SIDECAR_ADMIN_TOKEN; empty: there is none.
    core::secret_string admin_token;

    bool operator==(const config&) const = default;
};

}  // namespace gate::config
