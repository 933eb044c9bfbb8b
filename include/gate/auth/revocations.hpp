#pragma once
// Tokens that were revoked through this process (rule 13). Kept apart from the negative entries, which a
// flood of random tokens can push out, for as long as an answer that vouches for one of them can be on its
// way or in a cache somewhere: nothing but time brings such a token back. Their bound is their own, and no
// option: only operators make them, each with a call to Gate, which allows some hundred in a minute.
// Thread-safe; O(1).

#include <gate/auth/sharded_table.hpp>
#include <gate/core/clock.hpp>

#include <atomic>

namespace gate::auth {

class revocations {
public:
    static constexpr std::size_t max_entries = 100'000;

    explicit revocations(core::duration memory, std::size_t most = max_entries)
        : table_(most, 1), memory_(memory) {}

    // For those that are added from now on.
    void remember_for(core::duration memory) noexcept { memory_ = memory; }

    void add(const token_key& key, core::time_point now) {
        table_.put(key, now + memory_.load(), [now](core::time_point until) { return now >= until; });
    }

    bool covers(const token_key& key, core::time_point now) {
        bool out = false;
        table_.find(key, [&](core::time_point until) { return out = now < until; });
        return out;
    }

private:
    sharded_table<core::time_point> table_;
    std::atomic<core::duration> memory_;
};

}  // namespace gate::auth
