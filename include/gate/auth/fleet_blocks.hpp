#pragma once
// Which accounts the fleet has blocked: last writer wins, by the store's time, a lifting included. Pure. Not
// thread-safe.

#include <gate/auth/fleet_message.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace gate::auth {

class fleet_blocks {
public:
    static constexpr std::size_t most_accounts = 10'000;

    explicit fleet_blocks(std::size_t most = most_accounts) : most_(most) {}

    // A block, or a lifting (until <= at). True: it is the last word on the account, and was not known. Two
    // of the same time: the block, then the later end. Where there is no room, what has ended goes first (by
    // `now`), then the oldest lifting; a further block is not taken.
    bool learn(const fleet_message& message, store_time now);

    // All that is known, liftings included, for a store that has forgotten it.
    std::vector<fleet_message> all() const;

private:
    struct term {
        store_time at;
        store_time until;
        store_time keep_until;  // of a lifting: as long as the block that it lifts could last

        bool is_lifting() const noexcept { return until <= at; }
    };
    using terms = std::unordered_map<std::string, term>;

    bool make_room(store_time now);

    std::size_t most_;
    terms terms_;
};

}  // namespace gate::auth
