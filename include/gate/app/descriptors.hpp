#pragma once
// File descriptors: how many the configuration needs, and how many connections may be taken with fewer.

#include <gate/config/config.hpp>

#include <cstddef>
#include <optional>
#include <string>

namespace gate::app {

// Kept for the status listener, the admin listener and calls to Gate, whatever comes from downstream.
inline constexpr std::size_t reserved_descriptors = 32;

// What needs descriptors besides the connections from downstream.
struct descriptor_users {
    std::size_t upstreams = 1;
    std::size_t upstream_connections = 0;  // to each of them: limits.upstream_connections
    unsigned workers = 1;
    std::size_t further_listeners = 0;  // besides one for requests and one for answers
};

// For `connections` from downstream: one for each, as many for each upstream as far as
// limits.upstream_connections goes (of these, most are idle), those of the program itself, and
// reserved_descriptors. Pure.
std::size_t descriptors_for(std::size_t connections, const descriptor_users& others);

// The most connections for which `descriptors` suffice; at least 1. Pure.
std::size_t connections_within(std::size_t descriptors, const descriptor_users& others);

// Raises RLIMIT_NOFILE to what `options` need, as far as the system allows it. Where that is too little,
// lowers limits.connections, and returns a sentence about it.
std::optional<std::string> fit_to_descriptors(config::config& options, unsigned workers);

// Has the system reset every connection of this process when the process ends, rather than end it in order:
// of a response without a length an end would be its end (rule 26). For the moment before that. Thread-safe.
void reset_connections_at_exit() noexcept;

}  // namespace gate::app
