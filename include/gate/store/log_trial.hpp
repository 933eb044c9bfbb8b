#pragma once
// Whether a message comes back from the store as it was sent: in a log of its own, which no replica reads and
// which is deleted afterwards, or by the store after 10 s.

#include <gate/core/task.hpp>
#include <gate/net/deadline_wheel.hpp>
#include <gate/store/fault.hpp>
#include <gate/store/fleet_log.hpp>

#include <string>

namespace gate::store {

struct trial {
    fault failure = fault::none;
    std::string said{};             // by the store, where it refuses; for people
    bool came_back = false;         // the message unseals, and says what was sent
    core::clock::duration took{0};  // for writing and reading it
};

// Ends by `until`. `wheel` and `keys` outlive the call. Throws std::runtime_error where OpenSSL cannot use
// the TLS material.
core::task<trial> try_log(core::executor executor, net::deadline_wheel& wheel, fleet_log_options options,
                          const fleet_keys& keys, core::time_point until);

}  // namespace gate::store
