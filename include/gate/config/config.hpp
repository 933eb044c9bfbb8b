#pragma once
// Every option, as plain structs. The table in options.cpp names each of them.
// Each option states its meaning, its range and what zero means; the initialiser is its default.

#include <gate/config/fleet_options.hpp>
#include <gate/config/listen_address.hpp>
#include <gate/config/telemetry_options.hpp>
#include <gate/config/tls_options.hpp>
#include <gate/core/clock.hpp>
#include <gate/core/log_style.hpp>
#include <gate/core/secret_string.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gate::config {

using core::duration;
using namespace std::chrono_literals;

// The parts of an absolute http or https URL; of an upstream also the path of a Unix socket.
struct url {
    bool tls = false;
    std::string host;  // lower case, without brackets
    std::uint16_t port = 0;
    std::string path;  // "" or begins with '/', never ends with one
    // unix:/run/app.sock: the path; unix:@name: an abstract name with its '@'. The rest is empty then.
    std::string socket{};
    bool operator==(const url&) const = default;
};

// Peers: an address range (10.0.0.0/8, ::1, ...), or all that connect to a Unix socket.
struct network {
    std::string address;  // canonical form; "unix": those of Unix sockets
    unsigned prefix = 0;  // bits
    bool operator==(const network&) const = default;
};

// Where something stands in the file, for messages. It makes no difference to what it says.
struct source_line {
    unsigned line = 0;  // 0: not from a file
    unsigned column = 0;
    bool operator==(const source_line&) const { return true; }
};
// Of the items of a list; empty: they are not from the file.
struct source_lines {
    std::vector<source_line> each;
    bool operator==(const source_lines&) const { return true; }
};

enum class auth_mode : std::uint8_t {
    required,  // no agt_ token: 401
    optional,  // no agt_ token: passed on without an identity
};

// What a request must show to pass, from loose to strict: the order is that of the strictness.
enum class access_level : std::uint8_t {
    none,      // nothing
    optional,  // a valid agent token, or none at all
    required,  // a valid agent token
    deny,      // nothing opens it
};
inline constexpr std::array<std::string_view, 4> access_level_names{"none", "optional", "required", "deny"};
constexpr std::string_view to_string(access_level needs) noexcept {
    return access_level_names[static_cast<std::size_t>(needs)];
}
using core::log_format;
using core::log_level;

struct listener_options {
    listen_address address{"0.0.0.0", 8080};  // where requests are accepted
    unsigned socket_mode = default_socket_mode;
    proxy_protocol_use proxy_protocol = proxy_protocol_use::off;
    std::vector<network> proxy_protocol_from{};  // who may send one; all others are closed
    listener_tls_options tls{};
    bool operator==(const listener_options&) const = default;
};

struct status_options {
    listen_address address{"0.0.0.0", 9902};  // /livez, /readyz, /metrics and nothing else
    unsigned socket_mode = default_socket_mode;
    operating_tls_options tls{};
    bool operator==(const status_options&) const = default;
};

struct admin_options {
    listen_address address{"127.0.0.1", 9901};  // operating endpoints; keep it on the loopback
    unsigned socket_mode = default_socket_mode;
    std::string token_file;  // holds the admin token; empty: GATE_SIDECAR_ADMIN_TOKEN; without a token,
                             // /revoke, /purge, /reload, /config, /log-level, /block, /unblock and /echo
                             // are not served
    std::vector<std::string> hosts;  // allowed in Host, besides addresses and localhost
    bool page = true;                // GET / serves it
    operating_tls_options tls{};
    bool operator==(const admin_options&) const = default;
};

struct upstream_options {
    url target{false, "127.0.0.1", 3000, ""};  // `url`: the protected API; http(s) without path, or unix:
    bool forward_token = false;                // keep the verified token in the request
    duration connect_timeout = 2s;             // 1ms..60s
    duration response_timeout = 60s;           // for the response head; 0..1h; 0: no limit
    duration idle_timeout = 4s;  // an unused connection is closed after this; 0..1h; 0: no reuse
    upstream_tls_options tls{};
    bool operator==(const upstream_options&) const = default;
};

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

struct auth_options {
    std::string header_name = "X-Gate-Account-Id";  // carries the account to the upstream
    auth_mode mode = auth_mode::required;
    std::vector<std::string> public_paths{};  // exact paths that need no token
    bool shadow = false;     // decide, log and count, but refuse nothing for its token or its route
    bool preflight = false;  // CORS preflights pass without a token
    std::string blocked_accounts_file{};  // one account a line; they are refused; empty: none
    source_lines public_path_places{};    // not an option
    bool operator==(const auth_options&) const = default;
};

// What is told to the upstream about the client's certificate.
enum class client_cert_field : std::uint8_t {
    none,  // nothing; a field that comes in is removed
    set,   // X-Forwarded-Client-Cert
};

struct forwarded_options {
    std::vector<network> trusted_proxies;  // their X-Forwarded-* fields are trusted; default: none
    std::vector<std::string> pass;  // of http::rerouting_names, those that reach the upstream; default: none
    client_cert_field client_cert = client_cert_field::none;
    bool via = false;  // add Via (RFC 9110 7.6.3)
    bool operator==(const forwarded_options&) const = default;
};

// Where agents are told how to sign up. On if public_url and service_id are set; one alone is an error.
struct discovery_options {
    std::string public_url;     // the API's, as its clients see it: absolute, https or http, without a query
    std::string service_id;     // what `npx signup` is told
    std::string name;           // of the API, for people
    std::string documentation;  // URL of a page for agents
    bool operator==(const discovery_options&) const = default;

    bool is_on() const noexcept { return !public_url.empty(); }
};

// Where the original request is read from, when another proxy asks about it.
enum class original_source : std::uint8_t {
    none,         // nowhere: every request needs a token
    path,         // method and target behind /auth, and Host
    x_forwarded,  // X-Forwarded-Method, X-Forwarded-Uri and X-Forwarded-Host
    x_original,   // X-Original-Method, and X-Original-URI or X-Original-URL
};

// The authentication service for proxies that are there already.
struct answer_options {
    std::optional<listen_address> address;  // a listener of its own; absent: off
    unsigned socket_mode = default_socket_mode;
    // Who may ask. Besides, by default: who can connect, where the address is a Unix socket.
    std::vector<network> trusted_peers{{"127.0.0.0", 8}, {"::1", 128}};
    original_source original = original_source::none;
    duration wait = 5s;          // for Gate, then the answer is "unavailable"; 10ms..60s
    unsigned unavailable = 503;  // status of that answer: 503 or 429
    listener_tls_options tls{};
    bool operator==(const answer_options&) const = default;
};

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

struct limit_options {
    std::size_t head_size = 16 * 1024;     // bytes of a request or response head; 1KiB..64KiB
    std::size_t fields = 100;              // header fields in a head; 1..1000
    std::size_t target_length = 8 * 1024;  // bytes of a request target; 64..64KiB
    std::size_t chunk_extension = 256;     // bytes of the extensions of one chunk; 0..4KiB
    std::size_t trailer_size = 8 * 1024;   // bytes of a trailer section; 0..64KiB
    std::size_t drain = 64 * 1024;  // bytes of an unread body, discarded to keep a connection open; 0..16MiB
    duration header_timeout = 10s;  // from the first byte of a head to its last; 10ms..10m
    // Longest time without progress while a request body is received, or while the receiver of a body takes
    // no byte; 0..1h; 0: no limit.
    duration body_timeout = 30s;
    // Lowest average rate, in bytes per second, at which a client may send a request body or take a response.
    // Only time spent waiting for the client counts. Enforced after body_timeout of such waiting (after 30s
    // if body_timeout is 0); 0..1GiB/s; 0: no limit. WebSockets, event streams and gRPC responses are exempt.
    std::size_t body_rate = 500;
    // Longest time without a byte from the upstream within a response, or without a byte in either direction
    // of a tunnel; 0..24h; 0: no limit.
    duration stream_idle_timeout = 5min;
    duration websocket_lifetime = 24h;         // of an upgraded connection; 0..168h; 0: no limit
    duration keep_alive_timeout = 75s;         // between two requests; 0..1h; 0: no keep-alive
    std::size_t requests_per_connection = 0;   // 0..1'000'000'000; 0: no limit
    std::size_t connections = 10'000;          // from clients, over all workers; 1..1'000'000
    std::size_t connections_per_client = 0;    // from one address; 0..1'000'000; 0: no limit
    std::size_t upstream_connections = 1'000;  // over all workers; 1..1'000'000
    // Percentage of upstream_connections that one account (or one client address without an account) may hold
    // while less than an eighth of them are free; 1%..100%; 100%: no limit.
    std::size_t upstream_share = 50;
    std::size_t accounts = 100'000;  // accounts and addresses counted separately; 1..10'000'000
    duration upstream_wait = 1s;     // longest wait for a free upstream connection; 0..60s; 0: no waiting
    std::size_t verifications = 64;  // simultaneous calls to Gate; 1..10'000
    std::size_t verification_waiters = 10'000;  // requests that wait for a verification; 1..1'000'000
    std::size_t verification_queue = 256;       // tokens that wait until a call may start; 0..100'000
    // Refused tokens from one address after which its tokens that Gate has not accepted recently are refused
    // without asking Gate; 0..1'000'000; 0: no limit.
    std::size_t failed_tokens = 30;
    duration failed_tokens_window = 60s;   // in which failed_tokens are counted; 1s..1h
    std::size_t failing_clients = 10'000;  // addresses for which they are counted; 1..1'000'000
    bool operator==(const limit_options&) const = default;
};

// One of several listeners.
struct named_listener {
    std::string name{};  // [a-z0-9-]{1,32}: in logs and metrics
    listener_options options{};
    source_line at{};
    bool operator==(const named_listener&) const = default;
};

// A further upstream that routes name.
struct named_upstream {
    std::string name{};  // letters, digits, '-' and '_'; at most 64
    upstream_options options{};
    source_line at{};
    bool operator==(const named_upstream&) const = default;
};

// One entry of `routes`: which requests, and what holds for them. Where something is absent, what the rest of
// the file says holds.
struct route_options {
    std::string name{};                  // in logs and metrics; letters, digits, '-', '_' and '.'; at most 64
    std::vector<std::string> paths{};    // patterns (http::path_pattern); empty: all paths
    std::vector<std::string> hosts{};    // patterns (http::host_pattern); empty: all hosts
    std::vector<std::string> methods{};  // empty: all
    std::optional<access_level> auth{};  // absent: auth.mode
    std::optional<bool> shadow{};        // absent: auth.shadow
    std::optional<bool> preflight{};     // absent: auth.preflight
    std::string upstream{};              // a name in `upstreams`; empty: `upstream`
    // In place of the upstream's response_timeout; 0..1h; 0: no limit.
    std::optional<duration> response_timeout{};
    // In place of limits.stream_idle_timeout; 0..24h; 0: no limit.
    std::optional<duration> stream_idle_timeout{};
    // In place of limits.body_timeout; 0..1h; 0: no limit.
    std::optional<duration> body_timeout{};
    bool log = true;  // false: responses below 400 have no line in the access log
    source_line at{};
    bool operator==(const route_options&) const = default;
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
