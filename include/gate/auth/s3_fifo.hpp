#pragma once
// The eviction policy of the caches, and the only place that knows it: S3-FIFO (Yang et al., SOSP 2023).
//
// A new entry joins a small queue, a tenth of the table. If it has been used again by the time that it comes
// to the small queue's end, it moves on to the main queue; else it goes, and leaves a fingerprint: if
// it comes back soon, it joins the main queue immediately. At the end of the main queue, an entry that has
// been used goes round again, with one use less. So a flood of tokens that come once passes through the small
// queue, and never meets the entries in use, whatever its rate. And a use only counts up to three: a hot
// entry is read by all threads and written by none. Chosen by figures: tests/bench/cache/policies.cpp.
//
// The links lie in the entries themselves. All functions take the entries as a callable slot -> mark&. O(1):
// the search for a victim gives up after most_steps. Not thread-safe.

#include <algorithm>
#include <bit>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace gate::auth {

class s3_fifo {
public:
    static constexpr std::uint32_t none = UINT32_MAX;

    enum class place : std::uint8_t { nowhere, small, main };

    struct mark {
        std::uint32_t newer = none;
        std::uint32_t older = none;
        place where = place::nowhere;
        std::uint8_t uses = 0;

        void use() noexcept {
            if (uses < most_uses) ++uses;
        }
    };

    // Of a table of at most max_entries.
    explicit s3_fifo(std::size_t max_entries) noexcept
        : max_entries_(max_entries), small_share_(std::max<std::size_t>(max_entries / 10, 1)) {}

    // A new entry. `hash`: well mixed bits of its key.
    template <class Marks>
    void insert(Marks&& marks, std::uint32_t slot, std::uint64_t hash) {
        marks(slot).uses = 0;
        push(marks, slot, recall(hash) ? place::main : place::small);
    }

    template <class Marks>
    void erase(Marks&& marks, std::uint32_t slot) {
        auto& own = marks(slot);
        auto& from = queue_of(own.where);
        (own.newer == none ? from.newest : marks(own.newer).older) = own.older;
        (own.older == none ? from.oldest : marks(own.older).newer) = own.newer;
        --from.size;
        own.where = place::nowhere;
    }

    // The entry that makes room for another; it stays until it is erased. Precondition: there are entries. A
    // long row of entries in use is gone through in several calls; until then the newest ones go, which
    // no request may have asked for a second time yet.
    template <class Marks>
    std::uint32_t choose_victim(Marks&& marks) {
        for (unsigned step = 0; step < most_steps; ++step) {
            const auto slot = next_queue().oldest;
            auto& own = marks(slot);
            if (own.uses == 0) return slot;
            const auto uses = own.where == place::small ? 0 : own.uses - 1;
            erase(marks, slot);
            own.uses = static_cast<std::uint8_t>(uses);
            push(marks, slot, place::main);
        }
        return small_.size != 0 ? small_.newest : main_.oldest;
    }

    // Takes note that an entry was evicted from where `last` says.
    void note_eviction(const mark& last, std::uint64_t hash) {
        if (last.where != place::small) return;
        if (ghosts_.empty()) ghosts_.resize(std::bit_ceil(max_entries_));
        ghost_of(hash) = fingerprint_of(hash);
    }

private:
    static constexpr std::uint8_t most_uses = 3;
    static constexpr unsigned most_steps = 32;

    struct queue {
        std::uint32_t newest = none;
        std::uint32_t oldest = none;
        std::size_t size = 0;
    };

    queue& queue_of(place where) {
        assert(where != place::nowhere);
        return where == place::small ? small_ : main_;
    }
    queue& next_queue() { return small_.size >= small_share_ || main_.size == 0 ? small_ : main_; }

    template <class Marks>
    void push(Marks&& marks, std::uint32_t slot, place where) {
        auto& to = queue_of(where);
        auto& own = marks(slot);
        own.where = where;
        own.newer = none;
        own.older = std::exchange(to.newest, slot);
        (own.older == none ? to.oldest : marks(own.older).newer) = slot;
        ++to.size;
    }

    // The fingerprints of what was evicted lately: about as many as there are entries, each in the one place
    // that its hash names, until another takes it.
    std::uint16_t& ghost_of(std::uint64_t hash) { return ghosts_[hash & (ghosts_.size() - 1)]; }
    static std::uint16_t fingerprint_of(std::uint64_t hash) {
        return static_cast<std::uint16_t>(hash >> 48U | 1U);
    }
    bool recall(std::uint64_t hash) {
        if (ghosts_.empty() || ghost_of(hash) != fingerprint_of(hash)) return false;
        ghost_of(hash) = 0;
        return true;
    }

    std::size_t max_entries_;
    std::size_t small_share_;
    queue small_;
    queue main_;
    std::vector<std::uint16_t> ghosts_;
};

}  // namespace gate::auth
