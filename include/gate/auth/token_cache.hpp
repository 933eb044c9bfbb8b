#pragma once
// What Gate has said lately, shared by all workers: facts, never decisions (rule 11), and digests, never
// tokens. Refusals live in a store of their own with a bound of their own, so that random tokens cannot push
// out good ones (rule 12). A hit never prolongs an entry.

#include <gate/auth/decision.hpp>
#include <gate/auth/sharded_table.hpp>

namespace gate::auth {

// A token that Gate has vouched for.
struct vouched {
    std::shared_ptr<const identity> who;  // null: no such entry
    core::time_point asked;               // when Gate was asked
    core::time_point fresh_until;
};

class token_cache {
public:
    // The least recently used entry of a full shard goes first. Entries are kept for `memory` after they have
    // expired (so that `expired` can be told from `miss`) unless the room is needed. Memory grows with use.
    explicit token_cache(std::size_t max_entries, core::duration memory = std::chrono::seconds(60),
                         std::size_t shards = 16);

    struct lookup {
        cache_state state = cache_state::miss;  // hit, miss or expired
        vouched entry;                          // of hit and expired
    };

    // Thread-safe; locks one shard; allocates nothing.
    lookup find(const token_key& key, core::time_point now);

    void put(const token_key& key, vouched entry, core::time_point now);
    bool erase(const token_key& key);
    std::size_t size() const;  // expired entries included

private:
    sharded_table<vouched> table_;
    core::duration memory_;
};

// A token that Gate has refused.
struct refused {
    core::reason why = core::reason::none;  // none: no such entry
    core::time_point asked;
    core::time_point until;
};

class negative_cache {
public:
    explicit negative_cache(std::size_t max_entries, std::size_t shards = 16);

    // Thread-safe; locks one shard; allocates nothing. `why` is none unless the token is refused at `now`.
    refused find(const token_key& key, core::time_point now);

    void put(const token_key& key, refused entry, core::time_point now);
    bool erase(const token_key& key);
    std::size_t size() const;

private:
    sharded_table<refused> table_;
};

}  // namespace gate::auth
