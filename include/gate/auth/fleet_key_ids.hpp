#pragma once
// The ids of the secret keys that this replica holds, and of those that it held until lately: a rotation must
// cost no call. Pure. Not thread-safe.

#include <gate/auth/fleet_message.hpp>
#include <gate/core/clock.hpp>

#include <cstddef>
#include <vector>

namespace gate::auth {

class fleet_key_ids {
public:
    static constexpr std::size_t most = 8;  // that a message names

    // `held` is held at `now`. All that were held within `memory`, the latest first.
    std::vector<key_id> note(const key_id& held, core::time_point now, core::duration memory);

private:
    struct entry {
        key_id id;
        core::time_point held;
    };
    std::vector<entry> known_;  // the latest first
};

}  // namespace gate::auth
