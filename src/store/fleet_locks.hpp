#pragma once
// The calls to Gate that this replica makes for the fleet: begin, a longer life of the lock each 100 ms, and
// finish. Of the store's thread.
//
// A begin whose reply is late or lost may have taken a lock, of which nobody here knows: its call is made
// alone. So that nobody waits for it, it is given back; one that cannot be ends by itself.

#include "store_access.hpp"

#include <deque>
#include <functional>
#include <unordered_map>

namespace gate::store {

class fleet_locks {
public:
    static constexpr core::duration between_extensions{100};

    explicit fleet_locks(store_access& on) : on_(on) {}

    using turn_callback = std::function<void(auth::fleet_turn)>;
    // `then` is called by `deadline`.
    void begin(const auth::fleet_question& question, core::time_point deadline, turn_callback then);

    // A message that the store has not acknowledged, though it should have.
    using unsent_callback = std::function<void(const auth::fleet_message& message, std::string sealed)>;
    void finish(auth::fleet_lock lock, auth::fleet_result result, unsent_callback unsent);

    // The store is there again: what could not be given back is.
    void give_back_again();

    // Extends what is due.
    void extend(core::time_point now);
    // When to call extend; never: no lock is held.
    core::time_point next_extension() const noexcept;

private:
    struct held {
        auth::token_id token;
        std::string key;
        std::string owner{};
        std::chrono::seconds window{};
        std::uint64_t connection = 0;
        auth::store_time asked{};
        core::time_point extend_at{};
    };
    struct doubtful {
        auth::token_id token;
        std::string owner;
        core::time_point ends;  // by itself, at the latest
    };
    auth::fleet_turn take_turn(const command_outcome& outcome, held lock);
    void give_back(doubtful lock);
    void keep(doubtful&& lock);

    store_access& on_;
    std::unordered_map<auth::fleet_lock, held> held_;
    std::deque<doubtful> doubtful_;  // while the store is away
    auth::fleet_lock next_ = 1;
};

}  // namespace gate::store
