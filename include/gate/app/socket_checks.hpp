#pragma once
// What the permissions of our Unix sockets mean for whom we trust.

#include <gate/config/config.hpp>

#include <string>
#include <vector>

namespace gate::app {

// Where every user of the machine may connect, and who connects is trusted: one sentence each.
std::vector<std::string> socket_warnings(const config::config& options);

}  // namespace gate::app
