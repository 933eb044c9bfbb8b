#pragma once
// Where the program listens: for requests, for those who operate it, and for other proxies' questions.
// Each option states its meaning and its range; the initialiser is its default.

#include <gate/config/listen_address.hpp>
#include <gate/config/tls_options.hpp>
#include <gate/config/values.hpp>
#include <gate/core/clock.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace gate::config {

using core::duration;
using namespace std::chrono_literals;

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

// One of several listeners.
struct named_listener {
    std::string name{};  // [a-z0-9-]{1,32}: in logs and metrics
    listener_options options{};
    source_line at{};
    bool operator==(const named_listener&) const = default;
};

}  // namespace gate::config
