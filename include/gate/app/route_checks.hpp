#pragma once
// What the compiled routes tell about a configuration that can be read.

#include <gate/config/load.hpp>

#include <string>
#include <vector>

namespace gate::app {

// Adds what keeps the routes from being used, such as two that tie, to the problems. `file`: what they call
// the file; empty: there is none. Does nothing where there are problems already.
void check_routes(config::loaded& of, const std::string& file);

// What the routes do and perhaps should not, one sentence each. Precondition: `options` have no problems.
std::vector<std::string> route_warnings(const config::config& options);

// The rules in the order in which they are tried, as comments for print-config; "" where there are no routes.
// Precondition: as above.
std::string render_compiled_order(const config::config& options);

}  // namespace gate::app
