#pragma once
// The effective configuration for people, as YAML that loads again to the same configuration.

#include <gate/config/load.hpp>

#include <string>

namespace gate::config {

// Every option with a comment that tells where its value came from. Secrets are only said to be set or
// not set.
std::string render(const loaded& what);

}  // namespace gate::config
