#pragma once
// One entry of `routes:` as the loader reads it: what it matches, and what it asks for. Nothing is compiled
// here; route_table does that.

#include <gate/config/config.hpp>
#include <gate/core/clock.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gate::auth {

using route_access = config::access_level;
using config::to_string;

// Empty: the global one holds. Zero has the meaning that it has there.
struct route_timeouts {
    std::optional<core::duration> response;
    std::optional<core::duration> stream_idle;
    std::optional<core::duration> body;
    bool operator==(const route_timeouts&) const = default;
};

struct route {
    std::vector<std::string> hosts{};    // http::check_host_pattern; none: every host
    std::vector<std::string> paths{};    // http::check_path_pattern; none: "/**"
    std::vector<std::string> methods{};  // upper case; none: all
    route_access needs = route_access::required;
    bool shadow = false;     // its own, or auth.shadow
    bool preflight = false;  // its own, or auth.preflight
    bool log = true;
    std::string name{};        // for the log and metrics; may be empty
    std::size_t upstream = 0;  // 0: the default one
    route_timeouts timeouts{};
    std::string where{};          // for messages: "routes[3]", with its line in the file
    bool is_public_path = false;  // made of auth.public_paths
    bool operator==(const route&) const = default;
};

// The exact paths of auth.public_paths as routes.
route public_path_route(std::string path, std::string where);

// What holds where no route matches.
struct route_defaults {
    route_access mode = route_access::required;  // auth.mode
    bool shadow = false;                         // auth.shadow
    bool preflight = false;                      // auth.preflight
    bool operator==(const route_defaults&) const = default;
};

}  // namespace gate::auth
