#pragma once
// The effective configuration for people, as YAML that loads again to the same configuration.

#include <gate/config/load.hpp>

#include <string>
#include <string_view>

namespace gate::config {

// Every option with a comment that tells where its value came from. Secrets are only said to be set or
// not set.
std::string render(const loaded& what);

// The listeners of a list, the further upstreams and the routes alone, in the order of the file; "" where
// there are none.
std::string render_listeners(const config& of);
std::string render_upstreams(const config& of);
std::string render_routes(const config& of);

// A double-quoted YAML scalar. Precondition: no control characters.
std::string in_double_quotes(std::string_view text);

// One route on one line: {path: ["/a"], auth: none}
std::string render_route(const route_options& of);

}  // namespace gate::config
