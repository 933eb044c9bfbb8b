#pragma once
// What the configuration says of a fleet, and perhaps should not.

#include <gate/config/config.hpp>

#include <string>
#include <vector>

namespace gate::app {

// One sentence each. Precondition: `options` have no problems.
std::vector<std::string> fleet_warnings(const config::config& options);

}  // namespace gate::app
