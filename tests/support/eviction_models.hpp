#pragma once
// Caches as the books have them, with no regard for time or memory: what the product's is compared with.
// All: true if the key was there; else it is now.

#include <algorithm>
#include <cstdint>
#include <list>
#include <string_view>
#include <unordered_map>

namespace eviction {

class lru {
public:
    static constexpr std::string_view name = "LRU";
    explicit lru(std::size_t max) : max_(max) {}

    bool request(std::uint64_t key) {
        if (const auto found = places_.find(key); found != places_.end()) {
            order_.splice(order_.begin(), order_, found->second);
            return true;
        }
        if (order_.size() == max_) {
            places_.erase(order_.back());
            order_.pop_back();
        }
        order_.push_front(key);
        places_[key] = order_.begin();
        return false;
    }

private:
    std::size_t max_;
    std::list<std::uint64_t> order_;
    std::unordered_map<std::uint64_t, std::list<std::uint64_t>::iterator> places_;
};

// Zhang et al., NSDI 2024.
class sieve {
public:
    static constexpr std::string_view name = "SIEVE";
    explicit sieve(std::size_t max) : max_(max) {}

    bool request(std::uint64_t key) {
        if (const auto found = places_.find(key); found != places_.end())
            return found->second->visited = true;
        if (order_.size() == max_) evict();
        order_.push_front({key, false});
        places_[key] = order_.begin();
        return false;
    }

private:
    struct entry {
        std::uint64_t key;
        bool visited;
    };

    void evict() {
        while (hand_ == order_.end() || hand_->visited) {
            if (hand_ == order_.end()) {
                hand_ = std::prev(order_.end());
                continue;
            }
            hand_->visited = false;
            hand_ = hand_ == order_.begin() ? order_.end() : std::prev(hand_);
        }
        const auto next = hand_ == order_.begin() ? order_.end() : std::prev(hand_);
        places_.erase(hand_->key);
        order_.erase(hand_);
        hand_ = next;
    }

    std::size_t max_;
    std::list<entry> order_;
    std::list<entry>::iterator hand_ = order_.end();
    std::unordered_map<std::uint64_t, std::list<entry>::iterator> places_;
};

// Yang et al., SOSP 2023: with a ghost queue, and a search for a victim that goes on until it has one.
class s3_fifo {
public:
    static constexpr std::string_view name = "S3-FIFO";
    explicit s3_fifo(std::size_t max) : max_(max), share_(std::max<std::size_t>(max / 10, 1)) {}

    bool request(std::uint64_t key) {
        if (const auto found = uses_.find(key); found != uses_.end()) {
            found->second = std::min(found->second + 1, 3);
            return true;
        }
        if (uses_.size() == max_) evict();
        const auto ghost = ghosts_.find(key);
        (ghost == ghosts_.end() ? small_ : main_).push_front(key);
        if (ghost != ghosts_.end()) {
            ghost_order_.erase(ghost->second);
            ghosts_.erase(ghost);
        }
        uses_[key] = 0;
        return false;
    }

private:
    void evict() {
        for (const auto full = uses_.size(); uses_.size() == full;) {
            const bool from_small = small_.size() >= share_ || main_.empty();
            auto& from = from_small ? small_ : main_;
            const auto key = from.back();
            auto& uses = uses_[key];
            from.pop_back();
            if (uses != 0) {
                uses = from_small ? 0 : uses - 1;
                main_.push_front(key);
            } else {
                uses_.erase(key);
                if (from_small) remember(key);
            }
        }
    }

    void remember(std::uint64_t key) {
        ghost_order_.push_front(key);
        ghosts_[key] = ghost_order_.begin();
        if (ghost_order_.size() <= max_) return;
        ghosts_.erase(ghost_order_.back());
        ghost_order_.pop_back();
    }

    std::size_t max_;
    std::size_t share_;
    std::list<std::uint64_t> small_;
    std::list<std::uint64_t> main_;
    std::list<std::uint64_t> ghost_order_;
    std::unordered_map<std::uint64_t, std::list<std::uint64_t>::iterator> ghosts_;
    std::unordered_map<std::uint64_t, int> uses_;
};

}  // namespace eviction
