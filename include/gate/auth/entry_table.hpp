#pragma once
// A bounded hash table from token_key to Value, with s3_fifo as its eviction policy: one shard of a cache.
//
// Entries lie in chunks that never move, chained by 32-bit indices from the buckets; a freed slot is used
// again before another chunk is added. The buckets grow by linear hashing, some for each new entry, so that
// no call ever has the whole table to move: all functions are O(1) (a chain has 1.3 entries on average), and
// an idle process holds nothing. The keys are digests under a random key: their bits are the hash, and no
// client can choose keys that collide. Not thread-safe.

#include <gate/auth/s3_fifo.hpp>
#include <gate/auth/token_key.hpp>

#include <array>
#include <bit>
#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

namespace gate::auth {

template <class Value>
class entry_table {
public:
    explicit entry_table(std::size_t max_entries) : max_entries_(max_entries), order_(max_entries) {}

    std::size_t size() const noexcept { return size_; }

    // Shows the value of key to `look`, which may change it, and tells whether that was a use of it. False:
    // there is none.
    template <class Look>
    bool find(const token_key& key, Look&& look) {
        const auto slot = locate(key);
        if (slot == none) return false;
        auto& found = at(slot);
        if (look(found.value)) found.order.use();
        return true;
    }

    // Sets the value of key. Makes room if the table is full; and goes on a little with the search for values
    // of which `is_dead` says that they are of no use any more, so that a table gets rid of what is dead
    // before it grows much, and never has to stop for it.
    template <class IsDead>
    void put(const token_key& key, Value value, IsDead&& is_dead) {
        if (const auto slot = locate(key); slot != none) {
            at(slot).value = std::move(value);
            at(slot).order.use();
            return;
        }
        for (int i = 0; i < swept_per_entry; ++i) sweep(is_dead);
        if (size_ != 0 && size_ >= max_entries_) evict();
        if (max_entries_ != 0) add(key, std::move(value));
    }

    bool erase(const token_key& key) {
        const auto slot = locate(key);
        if (slot != none) remove(slot);
        return slot != none;
    }

    // Shows all entries to `visit(key, value)`, which may change the value; true from it removes the entry.
    // O(n): not for the path of a request.
    template <class Visit>
    void for_each(Visit&& visit) {
        for (std::uint32_t slot = 0; slot < made_; ++slot) {
            auto& own = at(slot);
            if (own.order.where != s3_fifo::place::nowhere && visit(std::as_const(own.key), own.value))
                remove(slot);
        }
    }

private:
    static constexpr auto none = s3_fifo::none;
    static constexpr std::size_t chunk_size = 32;
    static constexpr std::size_t buckets_per_entry = 2;
    static constexpr int swept_per_entry = 2;

    struct entry {
        token_key key;
        s3_fifo::mark order;
        std::uint32_t next = none;  // in its bucket, or in the list of free slots
        Value value{};
    };
    struct alignas(64) chunk {  // a hit touches no more cache lines than it must
        std::array<entry, chunk_size> entries;
    };

    entry& at(std::uint32_t slot) { return chunks_[slot / chunk_size]->entries[slot % chunk_size]; }
    auto marks() {
        return [this](std::uint32_t slot) -> s3_fifo::mark& { return at(slot).order; };
    }

    // Precondition: there are buckets. With n of them, 2^k <= n < 2^(k+1): the lower k+1 bits of the hash,
    // or only k of them where that bucket is yet to come.
    std::uint32_t& bucket_of(const token_key& key) {
        const auto mask = std::bit_ceil(buckets_.size()) - 1;
        const auto index = key.hash() & mask;
        return buckets_[index < buckets_.size() ? index : index & (mask >> 1U)];
    }

    std::uint32_t locate(const token_key& key) {
        if (buckets_.empty()) return none;
        auto slot = bucket_of(key);
        while (slot != none && at(slot).key != key) slot = at(slot).next;
        return slot;
    }

    void add(const token_key& key, Value value) {
        if (free_ == none && made_ == chunks_.size() * chunk_size)
            chunks_.push_back(std::make_unique<chunk>());
        if (size_ * buckets_per_entry >= buckets_.size()) {
            for (std::size_t i = 0; i < buckets_per_entry; ++i) add_bucket();
        }
        const auto slot = free_ == none ? made_++ : std::exchange(free_, at(free_).next);
        auto& own = at(slot);
        own.key = key;
        own.value = std::move(value);
        own.next = std::exchange(bucket_of(key), slot);
        order_.insert(marks(), slot, key.hash());
        ++size_;
    }

    void remove(std::uint32_t slot) {
        auto& own = at(slot);
        auto* link = &bucket_of(own.key);
        while (*link != slot) link = &at(*link).next;
        *link = own.next;
        order_.erase(marks(), slot);
        own.value = Value{};
        own.next = std::exchange(free_, slot);
        --size_;
    }

    void evict() {
        const auto slot = order_.choose_victim(marks());
        order_.note_eviction(at(slot).order, at(slot).key.hash());
        remove(slot);
    }

    template <class IsDead>
    void sweep(IsDead&& is_dead) {
        if (made_ == 0) return;
        if (swept_ >= made_) swept_ = 0;
        const auto slot = swept_++;
        const auto& next = at(slot);
        if (next.order.where != s3_fifo::place::nowhere && is_dead(next.value)) remove(slot);
    }

    // Divides the entries of one bucket between it and a new one.
    void add_bucket() {
        // Room for all that there will ever be: address space, of which only what is used becomes memory.
        if (buckets_.capacity() == 0) buckets_.reserve((max_entries_ + 1) * buckets_per_entry);
        const auto added = buckets_.size();
        buckets_.push_back(none);
        if (added == 0) return;
        auto rest = std::exchange(buckets_[added - std::bit_floor(added)], none);
        while (rest != none) {
            auto& moved = at(rest);
            const auto next = moved.next;
            moved.next = std::exchange(bucket_of(moved.key), rest);
            rest = next;
        }
    }

    std::size_t max_entries_;
    std::size_t size_ = 0;
    std::vector<std::unique_ptr<chunk>> chunks_;
    std::vector<std::uint32_t> buckets_;
    std::uint32_t made_ = 0;     // slots that were ever used; those after them are new
    std::uint32_t free_ = none;  // the first of those that are used no more
    std::uint32_t swept_ = 0;    // where the search for the dead goes on
    s3_fifo order_;
};

}  // namespace gate::auth
