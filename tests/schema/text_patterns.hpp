#pragma once
// Regular expressions (ECMA 262, without anything that Python reads differently) for texts of the
// configuration file.

#include <gate/config/options.hpp>

#include <string>
#include <string_view>

namespace config_schema {

// Of the values that `check` accepts. It may accept some more, and never less. Throws std::logic_error for a
// function that is not listed here.
std::string pattern_of(std::string (*check)(std::string_view));

// Of listening addresses, of networks, of the URLs of `kind`, and of socket permissions.
std::string listen_pattern();
std::string network_pattern();
std::string url_pattern(const gate::config::url_value& kind);
std::string socket_mode_pattern();

// Of the keys of a route that are texts: "path", "host", "methods", "upstream", "name". Throws
// std::logic_error for another one.
std::string route_pattern(std::string_view key);

// Of names in `upstreams` and in `listeners`.
std::string entry_name_pattern();
std::string listener_name_pattern();

}  // namespace config_schema
