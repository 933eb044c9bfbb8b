#pragma once
// What this replica has told the fleet, for as long as it is young: what the store has not acknowledged is
// sent again each second, and all of it after each connect, for the store may have lost it. Pure.

#include <gate/auth/fleet.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace gate::store {

class outbox {
public:
    static constexpr std::size_t most = 10'000;  // the oldest is dropped for a new one
    static constexpr core::duration again{1'000};

    struct letter {
        // Either a notice, or a verdict: sealed, and of no use on another connection.
        std::optional<auth::fleet_notice> notice{};
        std::string verdict{};
        std::uint64_t connection = 0;  // of a verdict

        // Of a purge: the store's time before it was sent first.
        std::optional<auth::store_time> purged_at{};
        // Of a block: how much later than `notice->at` it counts, so that it follows what it replaces.
        std::optional<auth::store_span> follows_by{};

        core::time_point young_until;  // not sent any more then
        bool is_kept = false;          // after it is acknowledged: for a store that has lost it

        core::time_point due{};  // never: it has been acknowledged
        std::function<void(bool)> acknowledged{};
    };

    // A number for it: due immediately.
    std::uint64_t add(letter what);

    // Null: it is not there any more.
    letter* find(std::uint64_t number);

    // At most `most_at_once` numbers of those to be sent now: they are due again in a second. What is not
    // young any more is dropped.
    std::vector<std::uint64_t> take_due(core::time_point now, std::size_t most_at_once);

    // The store has it.
    void acknowledge(std::uint64_t number);

    // All notices are due; verdicts of other connections than this one are dropped.
    void begin_again(std::uint64_t connection);

    // When to look for those that are due; never: none is.
    core::time_point next_due() const noexcept { return next_due_; }
    std::size_t size() const noexcept { return letters_.size(); }

private:
    void drop(std::uint64_t number);

    std::map<std::uint64_t, letter> letters_;
    std::uint64_t next_ = 1;
    core::time_point next_due_ = core::never;
};

}  // namespace gate::store
