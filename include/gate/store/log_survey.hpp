#pragma once
// Reads what a fleet's store says now, once, over a connection of its own. It changes nothing there: it takes
// no lock, sends no beat, so that nobody counts it as a replica, and heals and deletes nothing.

#include <gate/auth/fleet.hpp>
#include <gate/core/task.hpp>
#include <gate/net/deadline_wheel.hpp>
#include <gate/store/fault.hpp>
#include <gate/store/fleet_log.hpp>

#include <string>

namespace gate::store {

// Told what is read, on the thread of the survey.
class survey_listener {
public:
    virtual void sampled(const auth::clock_sample& sample) = 0;
    // A message of the log, or a block or lifting; more than once perhaps, and in any order.
    virtual void heard(const auth::fleet_message& message) = 0;

protected:
    ~survey_listener() = default;
};

struct survey {
    fault failure = fault::none;  // none: all was read
    std::string said{};           // by the store, where it refuses; for people
    unsigned replicas = 0;        // that share the store
    std::size_t unsealed = 0;     // messages that nobody has sealed who has our key
};

// Ends by `until`. `wheel`, `keys` and `listener` outlive the call. Throws std::runtime_error where OpenSSL
// cannot use the TLS material.
core::task<survey> survey_store(core::executor executor, net::deadline_wheel& wheel,
                                fleet_log_options options, const fleet_keys& keys, survey_listener& listener,
                                core::time_point until);

}  // namespace gate::store
