#pragma once
// The name by which a client knows a server (SNI, RFC 6066 3).

#include <optional>
#include <string>
#include <string_view>

namespace gate::net {

// In lower case, without the dot at its end. Nothing: it cannot be the name of a host.
std::optional<std::string> normal_server_name(std::string_view sent);

// An address, with or without the brackets of a URL: without them.
std::optional<std::string> as_address(std::string_view name);

}  // namespace gate::net
