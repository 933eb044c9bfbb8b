#pragma once
// entry_tables with a mutex each: a key belongs to one of them. Thread-safe. All but size() is O(1), and
// locks one shard.

#include <gate/auth/entry_table.hpp>
#include <gate/core/mutex.hpp>

#include <algorithm>
#include <bit>
#include <memory>
#include <vector>

namespace gate::auth {

template <class Value>
class sharded_table {
public:
    // At most max_entries over all shards. Small tables have fewer shards, so that each has room for a
    // choice.
    sharded_table(std::size_t max_entries, std::size_t max_shards) {
        const auto shards = std::bit_floor(std::clamp<std::size_t>(max_entries / 64, 1, max_shards));
        for (std::size_t i = 0; i < shards; ++i)
            shards_.push_back(std::make_unique<shard>(max_entries / shards));
    }

    // See entry_table. `look` runs under the lock: it must not come back to this table, and copies what it
    // wants to keep.
    template <class Look>
    bool find(const token_key& key, Look&& look) {
        auto& own = shard_of(key);
        const core::lock_guard lock(own.mutex);
        return own.table.find(key, look);
    }

    template <class IsDead>
    void put(const token_key& key, Value value, IsDead&& is_dead) {
        auto& own = shard_of(key);
        const core::lock_guard lock(own.mutex);
        own.table.put(key, std::move(value), is_dead);
    }

    // The same if `may_enter()` is true, which is called under the lock. So a caller that first changes the
    // result of may_enter() and then removes the entry either finds the entry or has prevented it. False: the
    // value was not put.
    template <class MayEnter, class IsDead>
    bool put_if(const token_key& key, Value value, MayEnter&& may_enter, IsDead&& is_dead) {
        auto& own = shard_of(key);
        const core::lock_guard lock(own.mutex);
        if (!may_enter()) return false;
        own.table.put(key, std::move(value), is_dead);
        return true;
    }

    bool erase(const token_key& key) {
        auto& own = shard_of(key);
        const core::lock_guard lock(own.mutex);
        return own.table.erase(key);
    }

    // See entry_table. Locks one shard after the other: what is put meanwhile may be seen or not.
    template <class Visit>
    void for_each(Visit&& visit) {
        for (const auto& each : shards_) {
            const core::lock_guard lock(each->mutex);
            each->table.for_each(visit);
        }
    }

    std::size_t size() const {
        std::size_t sum = 0;
        for (const auto& each : shards_) {
            const core::lock_guard lock(each->mutex);
            sum += each->table.size();
        }
        return sum;
    }

private:
    struct alignas(64) shard {  // a cache line of its own: the mutexes are written on every hit
        explicit shard(std::size_t max_entries) : table(max_entries) {}
        mutable core::mutex mutex;
        entry_table<Value> table GATE_GUARDED_BY(mutex);
    };

    shard& shard_of(const token_key& key) { return *shards_[key.shard() & (shards_.size() - 1)]; }

    std::vector<std::unique_ptr<shard>> shards_;
};

}  // namespace gate::auth
