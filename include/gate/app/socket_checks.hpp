#pragma once
// Whom listeners trust, by the permissions of our Unix sockets and by PROXY headers.

#include <gate/config/config.hpp>

#include <string>
#include <vector>

namespace gate::app {

// One sentence each: where every user of the machine may connect, and who connects is trusted; and where
// balancers are named whose PROXY headers are not read.
std::vector<std::string> socket_warnings(const config::config& options);

}  // namespace gate::app
