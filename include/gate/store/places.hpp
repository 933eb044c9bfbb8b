#pragma once
// What sentinels and the nodes of a cluster answer about where the store is. Pure.

#include <gate/config/store_url.hpp>
#include <gate/store/fault.hpp>
#include <gate/store/reply.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace gate::store {

// What a node of a cluster answers for a slot that it does not hold: "MOVED 3999 10.0.0.1:6381". The host is
// empty where it is that of the node that was asked.
std::optional<config::store_host> host_in_redirection(std::string_view error);

// A place, or why there is none.
struct told_place {
    std::optional<config::store_host> where{};
    fault failure = fault::unreachable;
    std::string said{};  // for people; holds nothing of an error but its code
};

// What a sentinel answers to SENTINEL get-master-addr-by-name.
told_place place_in(const reply& answer, std::string_view master);

}  // namespace gate::store
