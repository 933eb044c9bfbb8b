#pragma once
// The effective configuration for people, as YAML that loads again to the same configuration.

#include <gate/config/load.hpp>

#include <string>

namespace gate::config {

// Every option with a comment that tells where its value came from. Secrets are only said to be set or
// not set.
std::string render(const loaded& what);

// The further upstreams and the routes alone, in the order of the file; "" where there are none.
std::string render_upstreams(const config& of);
std::string render_routes(const config& of);

}  // namespace gate::config
