#pragma once
// What the compiled routes tell about a configuration that can be read.

#include <gate/config/load.hpp>

#include <string>
#include <vector>

namespace gate::app {

// Adds what keeps the routes from being used, such as two that tie, to the problems. `file`: what they call
// the file. Does nothing where there are problems already.
void check_routes(config::loaded& of, const std::string& file);

// What the routes do and perhaps should not, one sentence each. Precondition: `options` have no problems.
std::vector<std::string> route_warnings(const config::config& options);

}  // namespace gate::app
