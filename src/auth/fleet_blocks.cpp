#include <gate/auth/fleet_blocks.hpp>

#include <algorithm>
#include <tuple>

namespace gate::auth {

bool fleet_blocks::learn(const fleet_message& message, store_time now) {
    const bool is_lifting = message.until <= message.at;
    const auto known = terms_.find(message.account);
    if (known == terms_.end()) {
        if (!is_lifting && message.until <= now) return false;  // it has ended
        if (terms_.size() >= most_ && !make_room(now)) return false;
        terms_.emplace(message.account, term{message.at, message.until, store_never});
        return true;
    }
    auto& own = known->second;
    const auto rank = [](store_time at, store_time until, bool lifting) {
        return std::tuple(at, !lifting, lifting ? store_time{} : until);
    };
    const bool counts =
        rank(message.at, message.until, is_lifting) > rank(own.at, own.until, own.is_lifting());
    if (!counts) {
        if (own.is_lifting() && !is_lifting) own.keep_until = std::min(own.keep_until, message.until);
        return false;
    }
    const auto keep_until = own.is_lifting() ? own.keep_until : own.until;
    own = {message.at, message.until, is_lifting ? keep_until : store_never};
    return true;
}

bool fleet_blocks::make_room(store_time now) {
    std::erase_if(terms_, [now](const auto& each) {
        const auto& own = each.second;
        return (own.is_lifting() ? own.keep_until : own.until) <= now;
    });
    if (terms_.size() < most_) return true;
    auto oldest = terms_.end();
    for (auto each = terms_.begin(); each != terms_.end(); ++each) {
        if (!each->second.is_lifting()) continue;
        if (oldest == terms_.end() || each->second.at < oldest->second.at) oldest = each;
    }
    if (oldest == terms_.end()) return false;
    terms_.erase(oldest);
    return true;
}

std::vector<fleet_message> fleet_blocks::all() const {
    std::vector<fleet_message> out;
    out.reserve(terms_.size());
    for (const auto& [account, own] : terms_) {
        fleet_message each;
        each.kind = fleet_kind::block;
        each.account = account;
        each.at = own.at;
        each.until = own.until;
        out.push_back(std::move(each));
    }
    return out;
}

}  // namespace gate::auth
