#pragma once
// What lies between two configurations. Pure.

#include <gate/config/options.hpp>

#include <string>
#include <vector>

namespace gate::config {

// The options with different values, in the order of the table.
std::vector<const option*> differences(const config& before, const config& after);

// "cache.ttl: 60s -> 30s"; a list in brackets. Never a secret: no option holds one.
std::string describe_change(const option& which, const config& before, const config& after);

// What is different in `upstreams` and `routes`, one line for each entry: "routes: added {path: ["/a"]}".
// Their order and their places in the file make no difference.
std::vector<std::string> entry_changes(const config& before, const config& after);

// What `after` allows and `before` did not, one sentence for each: "cache.ttl: 30s -> 60s". Empty: nothing.
// Routes and public paths are compared by auth::route_loosenings, which knows what requests get.
std::vector<std::string> loosenings(const config& before, const config& after);

}  // namespace gate::config
