#pragma once
// Tokens that were revoked through this process (rule 13). Kept apart from the negative entries, which a
// flood of random tokens can push out, for as long as an answer that vouches for one of them can be on its
// way or in a cache somewhere: nothing but time brings such a token back. Thread-safe; O(1).

#include <gate/auth/sharded_table.hpp>
#include <gate/core/clock.hpp>

namespace gate::auth {

class revocations {
public:
    revocations(std::size_t max_entries, core::duration memory) : table_(max_entries, 1), memory_(memory) {}

    void add(const token_key& key, core::time_point now) {
        table_.put(key, now + memory_, [now](core::time_point until) { return now >= until; });
    }

    bool covers(const token_key& key, core::time_point now) {
        bool out = false;
        table_.find(key, [&](core::time_point until) { return out = now < until; });
        return out;
    }

private:
    sharded_table<core::time_point> table_;
    core::duration memory_;
};

}  // namespace gate::auth
