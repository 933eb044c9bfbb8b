#include <gate/auth/blocked_accounts.hpp>

#include <algorithm>
#include <iterator>
#include <utility>

namespace gate::auth {

bool blocked_set::holds(std::string_view account, core::time_point now) const {
    if (in_file->contains(account)) return true;
    const auto found = by_operator->find(account);
    return found != by_operator->end() && now < found->second;
}

// The new set first: a view that sees the number finds the set.
void blocked_accounts::put(std::shared_ptr<const blocked_set> next) {
    set_ = std::move(next);
    generation_.fetch_add(1, std::memory_order_release);
}

void blocked_accounts::put(account_terms by_operator) {
    auto next = std::make_shared<blocked_set>(*set_);
    next->by_operator = std::make_shared<const account_terms>(std::move(by_operator));
    put(std::move(next));
}

void blocked_accounts::take_file(std::vector<std::string> accounts) {
    auto names = std::make_shared<const account_names>(std::make_move_iterator(accounts.begin()),
                                                       std::make_move_iterator(accounts.end()));
    {
        const core::lock_guard lock(mutex_);
        if (*names == *set_->in_file) return;
        auto next = std::make_shared<blocked_set>(*set_);
        next->in_file = std::move(names);
        put(std::move(next));
    }
    if (on_block_) on_block_();
}

std::optional<core::time_point> blocked_accounts::block(std::string_view account, core::time_point until) {
    auto end = until;
    {
        const core::lock_guard lock(mutex_);
        const auto known = set_->by_operator->find(account);
        const bool is_known = known != set_->by_operator->end();
        if (!is_known && set_->by_operator->size() >= most_) return std::nullopt;
        if (is_known) end = std::max(known->second, until);
        if (!is_known || end != known->second) {
            auto terms = *set_->by_operator;
            terms.insert_or_assign(std::string(account), end);
            put(std::move(terms));
        }
    }
    if (on_block_) on_block_();
    return end;
}

bool blocked_accounts::unblock(std::string_view account) {
    const core::lock_guard lock(mutex_);
    if (!set_->by_operator->contains(account)) return false;
    auto terms = *set_->by_operator;
    terms.erase(terms.find(account));
    put(std::move(terms));
    return true;
}

// False: nothing has changed that counts.
bool blocked_accounts::change(account_terms& terms, const account_term& to, core::time_point now) const {
    const auto known = terms.find(to.account);
    if (to.until <= now) {
        if (known == terms.end()) return false;
        terms.erase(known);
        return true;
    }
    if (known != terms.end()) return std::exchange(known->second, to.until) != to.until;
    if (terms.size() >= most_) std::erase_if(terms, [now](const auto& each) { return each.second <= now; });
    if (terms.size() >= most_) return false;
    terms.emplace(to.account, to.until);
    return true;
}

void blocked_accounts::set_terms(std::span<const account_term> all, core::time_point now) {
    {
        const core::lock_guard lock(mutex_);
        auto terms = *set_->by_operator;
        bool is_changed = false;
        for (const auto& each : all) is_changed = change(terms, each, now) || is_changed;
        if (!is_changed) return;
        put(std::move(terms));
    }
    if (on_block_) on_block_();
}

std::vector<std::string> blocked_accounts::end_terms(core::time_point now) {
    std::vector<std::string> ended;
    const core::lock_guard lock(mutex_);
    for (const auto& [account, until] : *set_->by_operator)
        if (until <= now) ended.push_back(account);
    if (ended.empty()) return ended;
    auto terms = *set_->by_operator;
    for (const auto& each : ended) terms.erase(each);
    put(std::move(terms));
    return ended;
}

std::shared_ptr<const blocked_set> blocked_accounts::current() const {
    const core::lock_guard lock(mutex_);
    return set_;
}

void blocked_view::look() {
    auto before = std::move(set_);  // freed when the others need not wait for it any more
    const core::lock_guard lock(all_.mutex_);
    generation_ = all_.generation_.load(std::memory_order_relaxed);
    set_ = all_.set_->is_empty() ? nullptr : all_.set_;
}

}  // namespace gate::auth
