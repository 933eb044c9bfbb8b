#pragma once
// The rules about routes once more, as their document puts them, without regard to speed: all combinations of
// steps by trial, and linear searches. Tests hold the real table against it. Letters beyond ASCII: only those
// of Latin-1.

#include <gate/auth/route_table.hpp>

#include <set>
#include <string>
#include <vector>

namespace reference {

using gate::auth::route;
using gate::auth::route_access;
using gate::auth::route_defaults;

// All readings in lower case; more than 64: too many.
std::set<std::string> readings_of(const std::string& raw);
constexpr std::size_t most_readings = 64;

std::string plain_form(const std::string& path);
bool is_ambiguous(const std::string& raw);
bool pattern_matches(const std::string& pattern, const std::string& path);

struct request {
    std::string method, path, host;
    std::vector<std::string> other_methods, other_paths;
};

struct decision {
    int chosen = -1;  // index of the route
    route_access needs = route_access::none;
    route_access tried = route_access::none;
    bool in_shadow = false;
    bool preflight = false;  // allowed by the routes chosen; the table may be stricter
    bool too_many = false;
};

decision decide(const std::vector<route>& routes, const route_defaults& defaults, const request& asked);

}  // namespace reference
