#pragma once
// A connection to the node that has the fleet's keys: a cluster says on the first command which one it is.

#include <gate/store/directory.hpp>
#include <gate/store/link.hpp>

#include <string>

namespace gate::store {

// `where` outlives the call.
core::task<link::opened> open_where_the_log_is(directory& where, std::string log, core::time_point until);

}  // namespace gate::store
