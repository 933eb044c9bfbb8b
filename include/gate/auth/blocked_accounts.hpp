#pragma once
// Accounts that an operator has blocked: their tokens stay valid at Gate, and are refused here. From a file,
// and by the admin listener; the two are kept apart, and an account is blocked if either blocks it.
//
// A change makes a new set in place of the old one. Each worker has a view of its own, which sees by one
// atomic load that nothing has changed.

#include <gate/core/clock.hpp>
#include <gate/core/mutex.hpp>

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace gate::auth {

struct account_hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view account) const noexcept {
        return std::hash<std::string_view>{}(account);
    }
};
using account_names = std::unordered_set<std::string, account_hash, std::equal_to<>>;
// By account: when the block ends; core::never: when an operator ends it.
using account_terms = std::unordered_map<std::string, core::time_point, account_hash, std::equal_to<>>;

struct account_term {
    std::string account;
    core::time_point until;
};

// Immutable. Neither pointer is null.
struct blocked_set {
    std::shared_ptr<const account_names> in_file = std::make_shared<const account_names>();
    std::shared_ptr<const account_terms> by_operator = std::make_shared<const account_terms>();

    bool is_empty() const noexcept { return in_file->empty() && by_operator->empty(); }
    bool holds(std::string_view account, core::time_point now) const;
};

// Thread-safe. The file's list has as many accounts as its reader allows.
class blocked_accounts {
public:
    static constexpr std::size_t max_by_operator = 10'000;

    // on_block: called after accounts have been added, by the thread that has added them: what has been
    // decided before must be looked at again. Views see the new set by then.
    // `most`: blocked by an operator.
    explicit blocked_accounts(std::function<void()> on_block = {}, std::size_t most = max_by_operator)
        : on_block_(std::move(on_block)), most_(most) {}

    // The file's accounts, in place of all that it had before.
    void take_file(std::vector<std::string> accounts);

    // Until `until`, or for longer if it is blocked for longer already: returns the end that holds. Nothing:
    // too many others are blocked.
    std::optional<core::time_point> block(std::string_view account, core::time_point until);
    // Whether it was blocked by block().
    bool unblock(std::string_view account);
    // As the fleet says: each account until then, shorter or longer than before; not any more where that has
    // passed. What has ended makes room; another account is not taken where there are too many nevertheless.
    // O(n), however many are given.
    void set_terms(std::span<const account_term> all, core::time_point now);
    // Forgets the blocks that have ended by `now`; returns their accounts.
    std::vector<std::string> end_terms(core::time_point now);

    // Of now.
    std::shared_ptr<const blocked_set> current() const;
    // How often the set has been replaced.
    std::uint64_t changes() const noexcept { return generation_.load(std::memory_order_relaxed); }

private:
    friend class blocked_view;

    bool change(account_terms& terms, const account_term& to, core::time_point now) const;
    void put(std::shared_ptr<const blocked_set> next) GATE_REQUIRES(mutex_);
    void put(account_terms by_operator) GATE_REQUIRES(mutex_);

    const std::function<void()> on_block_;
    const std::size_t most_;
    mutable core::mutex mutex_;
    std::shared_ptr<const blocked_set> set_ GATE_GUARDED_BY(mutex_) = std::make_shared<const blocked_set>();
    std::atomic<std::uint64_t> generation_{0};  // of set_; changes under the mutex
};

// How one worker looks at them. Not thread-safe.
class blocked_view {
public:
    // `all` outlives this object.
    explicit blocked_view(const blocked_accounts& all) : all_(all) { look(); }

    bool is_blocked(std::string_view account, core::time_point now) {
        if (all_.generation_.load(std::memory_order_acquire) != generation_) look();
        return set_ != nullptr && set_->holds(account, now);
    }

private:
    void look();

    const blocked_accounts& all_;
    std::shared_ptr<const blocked_set> set_;  // null: nobody is blocked
    std::uint64_t generation_ = 0;
};

}  // namespace gate::auth
