#pragma once
// What route_table holds: routes, taken apart into rules for each host level. Immutable after load.

#include "route_trie.hpp"

#include <gate/auth/route_table.hpp>

namespace gate::auth {

// The routes of one host pattern; those without a host are level 0, the last one of every chain.
struct host_level {
    static constexpr std::uint32_t last = 0xffff'ffff;
    std::string host;           // empty: every host
    std::uint32_t next = last;  // the level that comes after it: longer wildcards before shorter ones
    std::uint32_t raw = 0;      // root of the patterns as they are written
    std::uint32_t plain = 0;    // root of the same patterns in plain form
    std::uint32_t lower = 0;    // root of the same patterns in lower case alone, and in plain form
};

struct compiled_routes {
    static constexpr std::uint64_t unlisted_method = 1ULL << 63U;

    std::vector<route> routes;
    route_defaults defaults;
    std::vector<http::path_pattern> patterns;  // as they are written, without duplicates
    text_table methods_by_name;                // the bit of each
    std::vector<std::string> methods;          // that routes list; the index is the bit
    std::uint64_t get_bit = unlisted_method;
    std::uint64_t head_bit = unlisted_method;
    std::vector<host_level> levels;
    text_table exact_hosts;
    text_table wildcard_hosts;  // by what follows the '*'
    route_trie trie;
    route_trie::beginning beginning;  // of the raw patterns without a host
    std::vector<route_problem> errors;
    std::vector<route_problem> warnings;
    bool has_routes = false;      // besides auth.public_paths
    bool access_differs = false;  // of some route from auth.mode
    bool is_uniform = true;       // all routes ask for what holds without them: readings cannot matter
    bool has_shadow = false;      // something is in shadow
    bool all_in_shadow = true;    // everything is
    bool has_hosts = false;       // some route has
    bool is_simple = false;       // no hosts, no shadow, and all patterns in plain form
    bool all_plain = true;        // the roots of each level are the same

    // Level 0 where no level has the host. `host`: as in http::comparable_host, not empty.
    std::uint32_t level_of(std::string_view host) const noexcept;
    // The bit of a method, or unlisted_method. Case-sensitive.
    std::uint64_t method_bit(std::string_view method) const noexcept;
    // The bits of all methods that the upstream could take it for: its own, the same in upper case, GET for
    // HEAD.
    std::uint64_t method_bits(std::string_view method) const noexcept {
        return method == "GET" ? get_bit : other_method_bits(method);  // most requests are
    }

private:
    std::uint64_t other_method_bits(std::string_view method) const noexcept;
};

// errors and warnings say what is wrong; with errors the rest has no meaning.
compiled_routes compile(std::vector<route> routes, const route_defaults& defaults);

// Adds the warnings of routes that are right, but perhaps not meant.
void warn_of_loose_hosts(compiled_routes& in);
void warn_of_routes_for_everything(compiled_routes& in);
void warn_of_partial_denials(compiled_routes& in);
void warn_of_same_plain_forms(compiled_routes& in);

// `'/admin/**' of routes[3]`, for messages.
std::string in_words(const compiled_routes& in, const route_rule& rule);

}  // namespace gate::auth
