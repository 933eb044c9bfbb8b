#pragma once
// What a request must show, and what the upstream and agents are told. Each option states its meaning and its
// range; the initialiser is its default.

#include <gate/config/values.hpp>
#include <gate/core/clock.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gate::config {

using core::duration;

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

}  // namespace gate::config
