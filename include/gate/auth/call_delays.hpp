#pragma once
// Tokens for which a call to Gate has failed while it answered for others: their next call is made a little
// later, and later each time (rules 12 and 28). Nothing else is known of them, and their requests are
// answered as if Gate could not be asked.

#include <gate/auth/sharded_table.hpp>
#include <gate/core/clock.hpp>

#include <chrono>

namespace gate::auth {

// Thread-safe; O(1).
class call_delays {
public:
    static constexpr std::size_t max_tokens = 10'000;
    // Between the beginnings of two calls for a token: doubles with each that fails, until one is answered.
    static constexpr core::duration first_pause{1'000};
    static constexpr core::duration longest_pause{32'000};
    // Of a token that Gate has accepted: its agent is waiting, and no client has made its calls fail.
    static constexpr core::duration longest_pause_of_known{4'000};

    explicit call_delays(std::size_t most = max_tokens, core::duration longest = longest_pause)
        : longest_(longest), table_(most, 4) {}

    // A call that began then has failed; that others were answered meanwhile was seen `now`. Several calls
    // that began before this was seen count as one.
    void add(const token_key& key, core::time_point began, core::time_point now);
    // A call for the token was answered.
    void erase(const token_key& key) { table_.erase(key); }
    // 0: it may be called for. Else how long until it may: whole seconds, at least 1.
    std::chrono::seconds time_left(const token_key& key, core::time_point now);

    std::size_t size() const { return table_.size(); }

private:
    struct delay {
        core::time_point until;
        core::time_point seen;
        core::duration pause{0};
    };

    const core::duration longest_;
    sharded_table<delay> table_;
};

}  // namespace gate::auth
