#pragma once
// The beat by which the others know that this replica is there, and by which a store that is away is probed.
// Of the store's thread.

#include "store_access.hpp"

#include <functional>

namespace gate::store {

class fleet_beat {
public:
    // `on` outlives it. `forgotten`: told when the store does not know our last beat, so that it may have
    // lost more.
    fleet_beat(store_access& on, std::function<void()> forgotten)
        : on_(on), forgotten_(std::move(forgotten)) {}

    // As one command, for a store that may know no script.
    std::string probe() const;
    // False: it is no reply to a beat.
    bool take(const command_outcome& outcome);

    void send_due(core::time_point now);
    core::time_point next_due() const noexcept { return next_; }

private:
    static constexpr core::duration between_beats{5'000};

    script_call call() const;

    store_access& on_;
    std::function<void()> forgotten_;
    core::time_point next_{};
};

}  // namespace gate::store
