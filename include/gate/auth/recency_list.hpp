#pragma once
// The eviction policy of the caches, and the only place that knows it: least recently used. Keeps the order
// of the slots of an entry_table by their indices, in memory of its own.

#include <cassert>
#include <cstdint>
#include <vector>

namespace gate::auth {

class recency_list {
public:
    static constexpr std::uint32_t none = UINT32_MAX;

    // A new entry.
    void insert(std::uint32_t slot) {
        if (slot >= links_.size()) links_.resize(slot + std::size_t{1});
        links_[slot] = {none, newest_};
        if (newest_ != none) links_[newest_].newer = slot;
        newest_ = slot;
        if (oldest_ == none) oldest_ = slot;
    }

    // An entry was used.
    void touch(std::uint32_t slot) {
        if (slot == newest_) return;
        erase(slot);
        insert(slot);
    }

    void erase(std::uint32_t slot) {
        assert(slot < links_.size());
        const auto [newer, older] = links_[slot];
        (newer == none ? newest_ : links_[newer].older) = older;
        (older == none ? oldest_ : links_[older].newer) = newer;
    }

    // The entry that goes first, or none.
    std::uint32_t victim() const noexcept { return oldest_; }

private:
    struct link {
        std::uint32_t newer = none;
        std::uint32_t older = none;
    };

    std::vector<link> links_;
    std::uint32_t newest_ = none;
    std::uint32_t oldest_ = none;
};

}  // namespace gate::auth
