#pragma once
// This replica's part of the fleet: what comes from the others is folded into what is known here, and wakes
// who waits for it; and what happens here is told to them. Thread-safe, but for join().

#include <gate/auth/fleet_blocks.hpp>
#include <gate/auth/fleet_budget.hpp>
#include <gate/auth/fleet_fold.hpp>
#include <gate/auth/fleet_waits.hpp>
#include <gate/auth/shared_state.hpp>
#include <gate/core/mutex.hpp>

#include <atomic>
#include <functional>
#include <map>

namespace gate::auth {

class fleet_member final : public fleet_listener {
public:
    struct options {
        core::duration timeout{50};  // fleet.timeout
        // Something was withdrawn elsewhere: streams may have to end. On the store's thread.
        std::function<void()> withdrawn = [] {};
        // The log has been read as far as it was when we connected, or the store is away. More than once, on
        // the store's thread.
        std::function<void()> settled = [] {};
        log_sink log{};
    };

    // `tokens` outlives this object, which outlives the store. `names`: see token_hasher.
    fleet_member(shared_state& tokens, const process_key& names, const config::cache_options& cache,
                 const config::gate_options& gate, options how);

    // Before any other call, and before the store calls.
    void join(fleet& store) noexcept { store_ = &store; }
    fleet& store() const noexcept { return *store_; }

    // Other options from now on.
    void configure(const config::cache_options& cache, const config::gate_options& gate);
    core::duration memory() const;  // see fleet_rules
    // Makes what is held older where the machine has slept. To be called each second or so. For how long it
    // has slept in all: what is held elsewhere for longer than a moment has to become older, too.
    core::time_point::duration look_at_clocks();
    // The ids of the secret keys that this replica holds, or held until lately.
    void hold_keys(std::vector<key_id> keys);

    // For a miss.
    core::duration timeout() const noexcept { return options_.timeout; }
    fleet_waits& waits() noexcept { return waits_; }
    // `seen`: position(), from before the cache was looked at.
    fleet_question question_about(const token_key& key, const log_position& seen, std::string ignored);
    bool confirms(const fleet_turn& later);
    core::time_point to_local(store_time when) const;

    // What happened here, and what becomes of it: see fleet::finish, announce and publish.
    void finish(fleet_lock lock, fleet_result result);
    void announce_pause(core::time_point until);
    void announce_refused_key();
    core::task<bool> publish_revocation(token_key key, core::executor executor);
    core::task<bool> publish_purge(purge_scope::kind extent, std::string name, core::executor executor);
    // A lifting ends `now`.
    core::task<bool> publish_block(std::string account, core::time_point until, core::executor executor);

    // gate_fleet_rejected_total, gate_fleet_clock_skew_total, and the store's.
    void collect(telemetry::metrics_snapshot& into) const;

    // fleet_listener
    void connected() override;
    void caught_up() override;
    void away() override;
    void sampled(const clock_sample& sample) override;
    std::optional<store_time> to_store(core::time_point when) const override;
    bool heard(const fleet_message& message) override;
    void reached(const log_position& where) override;
    log_position position() const override { return waits_.position(); }
    std::vector<fleet_message> blocks() const override;
    void rejected(fleet_defect what) override;

private:
    fleet_moment moment() const;
    core::duration longest_call() const;
    fleet_notice notice(fleet_kind kind) const;
    bool quieten_alarm(core::time_point now) noexcept;
    void apply(const fleet_message& message, const fleet_changed& change, const fleet_moment& at);
    void accept(const fleet_message& message, const vouched& fact, const fleet_moment& at);
    void refuse(const fleet_message& message, const refused& fact, const fleet_moment& at);
    void put_terms();
    void block(const fleet_message& message, const fleet_change::blocked& change, const fleet_moment& at);

    shared_state& tokens_;
    fleet* store_ = nullptr;
    const options options_;
    fleet_waits waits_;

    // Of the store's thread.
    token_hasher hasher_;
    bool catches_up_ = false;
    std::map<token_id, fleet_message> held_back_;  // accepted verdicts, until the log has been read
    std::vector<account_term> terms_;  // blocks and liftings that are not in force yet, while catches_up_
    log_position read_to_;

    mutable core::mutex mutex_;
    fleet_rules rules_ GATE_GUARDED_BY(mutex_);
    fleet_clock clock_ GATE_GUARDED_BY(mutex_);
    core::time_point::duration slept_ GATE_GUARDED_BY(mutex_){0};
    fleet_budget budget_ GATE_GUARDED_BY(mutex_);
    fleet_blocks blocks_ GATE_GUARDED_BY(mutex_);

    std::array<std::atomic<std::uint64_t>, static_cast<std::size_t>(fleet_defect::count_)> rejected_{};
    std::atomic<std::uint64_t> skewed_{0};
    std::atomic<core::time_point::rep> alarm_quiet_until_{0};
};

}  // namespace gate::auth
