#pragma once
// What a new configuration opens that the one before it did not, path by path. Both are asked what requests
// would get, so that it makes no difference which entry says it, or whether one is gone.

#include <gate/config/config.hpp>

#include <string>
#include <vector>

namespace gate::auth {

// One line for each pattern and host: "/x: required -> none, by routes[2] (line 7)". Told are weaker access,
// shadow, preflights and tokens that go to the upstream now; not what auth.shadow, auth.preflight or an
// upstream's forward_token says for everything (config::loosenings). Precondition: both have no errors.
std::vector<std::string> route_loosenings(const config::config& before, const config::config& after);

}  // namespace gate::auth
