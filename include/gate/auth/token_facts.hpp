#pragma once
// What Gate and this sidecar's operators have said of tokens, shared by all workers: facts, never decisions.
// Which fact counts for a token, whatever their order: fact_shard. Here: who may act at the same time.
//
// Locking. A token belongs to one shard, and a shard has one mutex, under which all that is known of a token
// is read or changed in one step. No call holds two mutexes, and none calls out while it holds one except
// for `take`; so there is no order to keep. A shard keeps the purges that have come to it: an answer on its
// way either is there before the purge comes, or meets it. Outside of the mutexes, and never waited for, lies
// withdrawals_. It moves on after the last shard has changed: a caller that reads it, then finds a token
// good, and then finds the number unchanged, has not missed a revocation or purge that has returned.
//
// Invariants (the test token_facts_orders runs all orders of these steps):
// 1. After revoke has returned, nothing finds the token good, until the revocation ends; by an answer that
//    was asked for before, never (rule 13).
// 2. After purge has returned, nothing finds a token good that it is about by an answer that was asked for
//    at its time or before, also one that comes in later.
// 3. A token is never both good and refused, and the answer that was asked for last says which.
// 4. No table exceeds its bound. They are apart: refused and revoked tokens push out no accepted ones, nor
//    each other (rule 12).
//
// Every fact carries the time at which it became true, and the fold over them is a maximum: facts that come
// from elsewhere may come in any order, late, and more than once.

#include <gate/auth/fact_shard.hpp>
#include <gate/core/mutex.hpp>

#include <algorithm>
#include <atomic>
#include <bit>
#include <cstdint>
#include <memory>
#include <vector>

namespace gate::auth {

struct real_threads {
    using mutex = core::mutex;
    template <class T>
    using atomic = std::atomic<T>;
};

// Thread-safe. Everything but purge, limit_ttl and sizes is O(1) and locks one shard. `Threads`: what a test
// replaces to choose the order of the steps.
template <class Threads>
class basic_token_facts {
public:
    // Tokens over all shards. There are as few shards as leave each some room to choose from (s3_fifo).
    // `revoked`: only operators add to them, each with a call to Gate, which allows some hundred in a minute.
    struct options {
        std::size_t accepted = 0;
        std::size_t refused = 0;
        std::size_t revoked = 100'000;
        core::duration memory{60'000};            // of accepted tokens that have expired
        core::duration memory_of_revocations{0};  // longer than an answer can be on its way or in use
        core::duration fences{10'000};            // the same, for what refusals and purges void
        std::size_t shards = 16;                  // at most
    };
    explicit basic_token_facts(const options& how) : memory_of_revocations_(how.memory_of_revocations) {
        auto smallest = how.accepted;
        if (how.refused != 0) smallest = std::min(smallest, how.refused);
        const auto count = std::bit_floor(std::clamp<std::size_t>(smallest / 64, 1, how.shards));
        for (std::size_t i = 0; i < count; ++i)
            shards_.push_back(std::make_unique<shard>(fact_shard::bounds{
                how.accepted / count, how.refused / count, how.revoked / count, how.memory, how.fences}));
    }

    // For a request that comes: the hot path. `take(account_id)` is called for a hit, under the lock: it
    // copies the view, and must not come back to this object. Allocates nothing.
    template <class Take>
    finding find(const token_key& key, core::time_point now, Take&& take) {
        auto& own = shard_of(key);
        const core::lock_guard lock(own.mutex);
        return own.facts.find(key, now, take);
    }

    // For one that was let pass before: all that is remembered. `take`: as above, for an accepted token.
    template <class Take>
    recollection recall(const token_key& key, core::time_point now, Take&& take) {
        auto& own = shard_of(key);
        const core::lock_guard lock(own.mutex);
        return own.facts.recall(key, now, take);
    }

    bool is_revoked(const token_key& key, core::time_point now) {
        auto& own = shard_of(key);
        const core::lock_guard lock(own.mutex);
        return own.facts.is_revoked(key, now);
    }

    // Gate has vouched for the token. What counts now is what the result says.
    learnt learn(const token_key& key, const vouched& fact, core::time_point now) {
        auto& own = shard_of(key);
        const core::lock_guard lock(own.mutex);
        return own.facts.learn(key, fact, now);
    }

    // Gate has refused the token. False: that was before a purge.
    bool refuse(const token_key& key, const refused& fact, core::time_point now) {
        auto& own = shard_of(key);
        const core::lock_guard lock(own.mutex);
        return own.facts.refuse(key, fact, now);
    }

    // The token is refused from `at` on, whatever comes from Gate for it, for memory_of_revocations.
    void revoke(const token_key& key, core::time_point at) {
        revoke(key, at, at + memory_of_revocations_.load());
    }

    // The same, until `until`, or until an earlier revocation ends.
    void revoke(const token_key& key, core::time_point at, core::time_point until) {
        {
            auto& own = shard_of(key);
            const core::lock_guard lock(own.mutex);
            own.facts.revoke(key, at, until);
        }
        withdrawals_.fetch_add(1);
    }

    // What was asked for by `at` is used no more: the next request asks Gate. How many entries that were in
    // use it met. O(n); locks one shard after the other.
    std::size_t purge(const purge_scope& which, core::time_point at) {
        std::size_t count = 0;
        for (const auto& each : shards_) {
            const core::lock_guard lock(each->mutex);
            count += each->facts.purge(which, at);
        }
        withdrawals_.fetch_add(1);
        return count;
    }

    // Whether such a purge, or a later one, has come to all shards and is remembered. O(1).
    bool is_purged(const purge_scope& which, core::time_point at) const {
        const auto& last = *shards_.back();  // purge() comes to it last
        const core::lock_guard lock(last.mutex);
        return last.facts.is_purged(which, at);
    }

    // Something else than a token was withdrawn, such as an account. Call it after that can be seen.
    void note_withdrawal() { withdrawals_.fetch_add(1); }

    // Changes with each revoke, purge and note_withdrawal: then tokens that are still in use must be looked
    // up again.
    std::uint64_t withdrawals() const noexcept { return withdrawals_.load(); }

    // For revocations from now on.
    void remember_revocations_for(core::duration memory) noexcept { memory_of_revocations_.store(memory); }

    // For refusals and purges from now on.
    void remember_fences_for(core::duration memory) {
        for (const auto& each : shards_) {
            const core::lock_guard lock(each->mutex);
            each->facts.remember_fences_for(memory);
        }
    }

    // The clock has been set on by `span`, or has been found to have stood still for so long: all that is
    // known keeps its age. O(n); locks one shard after the other.
    void move_back(core::time_point::duration span) {
        for (const auto& each : shards_) {
            const core::lock_guard lock(each->mutex);
            each->facts.move_back(span);
        }
        withdrawals_.fetch_add(1);
    }

    // No answer is used for longer than this after Gate was asked. O(n).
    void limit_ttl(core::duration ttl, core::duration negative_ttl) {
        for (const auto& each : shards_) {
            const core::lock_guard lock(each->mutex);
            each->facts.limit_ttl(ttl, negative_ttl);
        }
    }

    struct counts {
        std::size_t accepted = 0;  // expired ones included
        std::size_t refused = 0;
    };
    counts sizes() const {
        counts sum;
        for (const auto& each : shards_) {
            const core::lock_guard lock(each->mutex);
            sum.accepted += each->facts.accepted_size();
            sum.refused += each->facts.refused_size();
        }
        return sum;
    }

private:
    template <class T>
    using atomic = typename Threads::template atomic<T>;
    using mutex_type = typename Threads::mutex;

    struct alignas(64) shard {  // a cache line of its own: the mutexes are written on every hit
        explicit shard(const fact_shard::bounds& most) : facts(most) {}
        mutable mutex_type mutex;
        fact_shard facts GATE_GUARDED_BY(mutex);
    };

    shard& shard_of(const token_key& key) { return *shards_[key.shard() & (shards_.size() - 1)]; }

    std::vector<std::unique_ptr<shard>> shards_;
    std::atomic<core::duration> memory_of_revocations_;
    atomic<std::uint64_t> withdrawals_{0};
};

using token_facts = basic_token_facts<real_threads>;
extern template class basic_token_facts<real_threads>;

}  // namespace gate::auth
