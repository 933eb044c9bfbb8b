#pragma once
// Takes the PROXY header off the beginning of a connection, and not one byte of what follows it.

#include <gate/core/clock.hpp>
#include <gate/core/task.hpp>
#include <gate/net/proxy_header.hpp>
#include <gate/net/stream.hpp>

namespace gate::net {

// Complete, or broken: also where the connection ends or is cut before, or `until` passes.
core::task<proxy_header> receive_proxy_header(stream& from, core::time_point until);

}  // namespace gate::net
