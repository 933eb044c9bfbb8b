#pragma once
// A bounded hash table from token_key to Value that throws out by recency_list: one shard of a cache.
//
// Slots lie in one vector, chained by 32-bit indices from a vector of buckets; both grow with use, so that an
// idle process holds nothing. A freed slot is used again before the vector grows. The keys are digests under
// a random key: their bits are the hash, and nobody can choose colliding ones. Not thread-safe.

#include <gate/auth/recency_list.hpp>
#include <gate/auth/token_key.hpp>

#include <cstddef>
#include <utility>
#include <vector>

namespace gate::auth {

template <class Value>
class entry_table {
public:
    explicit entry_table(std::size_t max_entries) : max_entries_(max_entries) {}

    std::size_t size() const noexcept { return size_; }

    // The value of key, or nullptr; valid until the next call. `is_use` says whether a value counts as used
    // now.
    template <class IsUse>
    Value* find(const token_key& key, IsUse&& is_use) {
        const auto slot = locate(key);
        if (slot == none) return nullptr;
        if (is_use(slots_[slot].value)) order_.touch(slot);
        return &slots_[slot].value;
    }

    // Sets the value of key. The first candidate for eviction goes if the table is full, or if `is_dead` says
    // that it is of no use any more: so a table shrinks to what lives before it grows.
    template <class IsDead>
    void put(const token_key& key, Value value, IsDead&& is_dead) {
        if (const auto slot = locate(key); slot != none) {
            slots_[slot].value = std::move(value);
            order_.touch(slot);
            return;
        }
        const auto victim = order_.victim();
        if (victim != none && (size_ >= max_entries_ || is_dead(slots_[victim].value))) remove(victim);
        if (max_entries_ != 0) add(key, std::move(value));
    }

    bool erase(const token_key& key) {
        const auto slot = locate(key);
        if (slot != none) remove(slot);
        return slot != none;
    }

private:
    static constexpr auto none = recency_list::none;

    struct entry {
        token_key key;
        Value value;
        std::uint32_t next;  // in its bucket, or in the list of free slots
    };

    std::uint32_t& bucket_of(const token_key& key) { return buckets_[key.hash() & (buckets_.size() - 1)]; }

    std::uint32_t locate(const token_key& key) {
        if (buckets_.empty()) return none;
        auto slot = bucket_of(key);
        while (slot != none && slots_[slot].key != key) slot = slots_[slot].next;
        return slot;
    }

    void add(const token_key& key, Value value) {
        if (size_ >= buckets_.size()) grow_buckets();
        auto slot = free_;
        if (slot == none) {
            slot = static_cast<std::uint32_t>(slots_.size());
            slots_.push_back({key, std::move(value), none});
        } else {
            free_ = slots_[slot].next;
            slots_[slot] = {key, std::move(value), none};
        }
        order_.insert(slot);
        slots_[slot].next = std::exchange(bucket_of(key), slot);
        ++size_;
    }

    void remove(std::uint32_t slot) {
        auto* link = &bucket_of(slots_[slot].key);
        while (*link != slot) link = &slots_[*link].next;
        *link = slots_[slot].next;
        order_.erase(slot);
        slots_[slot].value = Value{};
        slots_[slot].next = std::exchange(free_, slot);
        --size_;
    }

    void grow_buckets() {
        buckets_.assign(buckets_.empty() ? 16 : buckets_.size() * 2, none);
        std::vector<bool> is_free(slots_.size());
        for (auto slot = free_; slot != none; slot = slots_[slot].next) is_free[slot] = true;
        for (std::uint32_t slot = 0; slot < slots_.size(); ++slot) {
            if (!is_free[slot]) slots_[slot].next = std::exchange(bucket_of(slots_[slot].key), slot);
        }
    }

    std::size_t max_entries_;
    std::size_t size_ = 0;
    std::vector<entry> slots_;
    std::vector<std::uint32_t> buckets_;  // a power of two of them
    std::uint32_t free_ = none;
    recency_list order_;
};

}  // namespace gate::auth
