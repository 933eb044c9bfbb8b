#pragma once
// RFC 6455 4.2.2: what the key of a WebSocket's client is answered with. Pure.

#include <string>
#include <string_view>

namespace gate::app {

std::string websocket_accept(std::string_view key);

}  // namespace gate::app
