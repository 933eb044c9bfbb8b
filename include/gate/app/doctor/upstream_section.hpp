#pragma once
// UPSTREAM: whether the protected API answers, in which protocol, and whether others than the sidecar can
// reach it.

#include <gate/app/doctor/finding.hpp>
#include <gate/app/doctor/wire.hpp>
#include <gate/config/config.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace gate::app::doctor {

// Of one upstream.
struct upstream_facts {
    std::string name{};  // empty: the default one
    config::url where{};
    std::string connect_problem{};  // empty: a connection was made
    std::string tls_problem{};      // of the handshake; empty: it was made, or there is none
    shown_certificate certificate{};
    std::string first_bytes{};        // of its answer to GET /; empty: there was none
    bool speaks_tls = false;          // although it is asked without
    std::string addresses_problem{};  // why its name leads nowhere; empty: it leads somewhere
    // For the bypass test: is one of its addresses this host's, are all of them the loopback's, and which
    // other addresses of this host lead to its port.
    bool is_local = false;
    bool is_loopback = false;
    std::vector<std::string> open_at{};
};

// Asks each upstream for GET / without a token or an identity. Takes some seconds for each at most.
std::vector<upstream_facts> look_at_upstreams(const config::config& options);

// What the first bytes of an answer are. Pure.
enum class spoken : std::uint8_t { nothing, http1, tls, http2, other };
spoken protocol_of(std::string_view first_bytes) noexcept;

// Sets is_local and is_loopback: `known`: the addresses of the upstream, `own`: of this host. Pure.
void place(const std::vector<std::string>& known, const std::vector<std::string>& own, upstream_facts& into);

// Pure.
findings judge_upstream(const upstream_facts& found);

// The addresses of this host's network interfaces but the loopback, textual; those of a link alone with their
// zone ("fe80::1%eth0").
std::vector<std::string> own_addresses();
// Whether one of our own listeners accepts connections at `address`:`port`: it is no way past us. Pure.
bool is_our_own(const config::config& options, const std::string& address, std::uint16_t port);

}  // namespace gate::app::doctor
