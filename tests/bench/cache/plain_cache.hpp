#pragma once
// What one would write first: a map from token to account, a list in the order of use, one mutex. The
// yardstick of cache_bench.cpp.

#include <gate/core/clock.hpp>
#include <gate/core/mutex.hpp>

#include <list>
#include <string>
#include <string_view>
#include <unordered_map>

class plain_cache {
public:
    explicit plain_cache(std::size_t max_entries) : max_entries_(max_entries) {}

    // `take(account_id)` is called for a hit.
    template <class Take>
    bool find(const std::string& token, gate::core::time_point now, Take&& take) {
        const gate::core::lock_guard lock(mutex_);
        const auto found = entries_.find(token);
        if (found == entries_.end() || now >= found->second.fresh_until) return false;
        order_.splice(order_.begin(), order_, found->second.place);
        take(std::string_view(found->second.account_id));
        return true;
    }

    void put(const std::string& token, std::string_view account_id, gate::core::time_point asked,
             gate::core::time_point fresh_until) {
        const gate::core::lock_guard lock(mutex_);
        auto [found, is_new] = entries_.try_emplace(token);
        if (is_new) found->second.place = order_.insert(order_.begin(), &found->first);
        found->second.account_id = account_id;
        found->second.asked = asked;
        found->second.fresh_until = fresh_until;
        if (entries_.size() <= max_entries_) return;
        entries_.erase(*order_.back());
        order_.pop_back();
    }

private:
    struct entry {
        std::string account_id;
        gate::core::time_point asked;
        gate::core::time_point fresh_until;
        std::list<const std::string*>::iterator place;
    };

    std::size_t max_entries_;
    gate::core::mutex mutex_;
    std::unordered_map<std::string, entry> entries_ GATE_GUARDED_BY(mutex_);
    std::list<const std::string*> order_ GATE_GUARDED_BY(mutex_);
};
