#pragma once
// What a configuration without problems says, and perhaps should not.

#include <gate/config/config.hpp>

#include <string>
#include <vector>

namespace gate::app {

// One sentence each, without a full stop: of answering, sockets, the fleet and routes. Precondition:
// `options` have no problems.
std::vector<std::string> configuration_warnings(const config::config& options);

}  // namespace gate::app
