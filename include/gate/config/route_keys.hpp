#pragma once
// What may stand in an entry of `routes`, for people: the test of the reference file compares it.

#include <string>
#include <string_view>
#include <vector>

namespace gate::config {

struct route_key_description {
    std::string name;        // "timeouts.response"
    std::string_view range;  // "0s..1h": what may be written
    std::string_view doc;    // one or more sentences
};

// Without the keys that are refused because nothing reads them yet.
std::vector<route_key_description> describe_route_keys();

}  // namespace gate::config
