#include <gate/auth/purge_fences.hpp>

#include <algorithm>

namespace gate::auth {

bool is_about(const purge_scope& which, const token_key& key, std::string_view account_id) {
    if (which.extent == purge_scope::kind::account) return !account_id.empty() && account_id == which.name;
    if (which.extent == purge_scope::kind::all) return true;
    const auto text = fingerprint_of(key);
    return std::string_view(text.data(), text.size()) == which.name;
}

void purge_fences::add(const purge_scope& which, core::time_point at, core::duration memory) {
    if (which.extent == purge_scope::kind::all) {
        all_ = std::max(all_, at);
        return;
    }
    std::erase_if(some_, [&](const fence& each) { return each.at <= all_ || at - each.at >= memory; });
    const auto known = std::ranges::find_if(some_, [&](const fence& each) { return each.is_of(which); });
    if (known != some_.end()) {
        known->at = std::max(known->at, at);
        return;
    }
    if (some_.size() >= most) {
        const auto oldest = std::ranges::min_element(some_, {}, &fence::at);
        all_ = std::max(all_, oldest->at);
        some_.erase(oldest);
    }
    if (at > all_) some_.push_back({which.extent, std::string(which.name), at});
}

bool purge_fences::holds(const purge_scope& which, core::time_point at) const {
    if (at <= all_) return true;
    return std::ranges::any_of(some_, [&](const fence& each) { return each.is_of(which) && at <= each.at; });
}

bool purge_fences::voids(core::time_point asked, const token_key& key, std::string_view account_id) const {
    if (asked <= all_) return true;
    return std::ranges::any_of(some_, [&](const fence& each) {
        return asked <= each.at && is_about({each.extent, each.name}, key, account_id);
    });
}

void purge_fences::move_back(core::time_point::duration span) {
    if (all_ != core::time_point::min()) all_ -= span;
    for (auto& each : some_) each.at -= span;
}

}  // namespace gate::auth
