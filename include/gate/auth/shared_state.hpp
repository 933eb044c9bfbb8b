#pragma once
// What the workers share about tokens and Gate, and nothing else: the facts, the flights, the governor, and
// what was seen of Gate's answers. Thread-safe.

#include <gate/auth/blocked_accounts.hpp>
#include <gate/auth/call_delays.hpp>
#include <gate/auth/failed_tokens.hpp>
#include <gate/auth/governor.hpp>
#include <gate/auth/single_flight.hpp>
#include <gate/auth/time_source.hpp>
#include <gate/auth/token_facts.hpp>
#include <gate/auth/token_verifier.hpp>
#include <gate/config/config.hpp>

#include <array>
#include <atomic>
#include <functional>
#include <optional>
#include <string_view>

namespace gate::telemetry {
class metrics_snapshot;
}

namespace gate::auth {

// Receives lines for the operator's log. Must be thread-safe.
using log_sink = std::function<void(config::log_level, std::string_view)>;

struct statistics {
    std::array<std::uint64_t, core::reason_count> calls{};  // to Gate, by result
    governor::statistics gate_calls;                        // and under way
    token_facts::counts tokens;
    std::int64_t budget_remaining = -1;  // as Gate said last; -1: never
    std::int64_t last_success =
        0;  // when Gate accepted or refused a token last, seconds since 1970; 0: never
};

class fleet_member;

class shared_state {
public:
    // seed: of the spread of replicas; random unless it is given.
    shared_state(const config::cache_options& cache, const config::gate_options& gate,
                 const config::limit_options& limits, log_sink log = {}, time_source time = {},
                 std::optional<std::uint64_t> seed = {});

    // Other options from now on, but for the sizes of the tables. Thread-safe.
    void configure(const config::cache_options& cache, const config::gate_options& gate,
                   const config::limit_options& limits);
    // What is cached is used no longer than these options allow. To be called when every authenticator has
    // them: what is cached after that ends by itself. O(n).
    void limit_ttl(const config::cache_options& cache);

    token_facts facts;
    blocked_accounts blocked{[this] { facts.note_withdrawal(); }};
    failed_tokens failures;
    call_delays delayed_known{call_delays::max_tokens, call_delays::longest_pause_of_known};
    call_delays delayed_unknown;
    single_flight flights;
    governor calls;
    const time_source time;
    // This replica's part of the fleet; null: there is none. Set before the workers start.
    fleet_member* fleet = nullptr;

    call_delays& delays_of(lane which) noexcept {
        return which == lane::unknown ? delayed_unknown : delayed_known;
    }

    // Takes note of an answer: counters, the form of the call, the log. Gives it back as it is to be
    // understood: once a well-formed 200 has shown that Gate understands the form of the call, a 422 is about
    // the token, and denies it; a 404 is then an answer that cannot be.
    verification learn(verification answer);

    // Whether Gate has ruled on a token within the last two seconds.
    bool has_answered_lately() const noexcept {
        return time.now().time_since_epoch().count() < answers_count_until_.load(std::memory_order_relaxed);
    }

    // Notes that Gate vouched for a token that has expired by our clock, marked an answer no-store, or sent a
    // max-age that is no number. Each is logged once.
    void note_clock_off();
    void note_no_store_ignored();
    void note_garbage_max_age();

    // X-RateLimit-Remaining, as Gate said last; -1: never.
    std::int64_t budget_remaining() const noexcept {
        return budget_remaining_.load(std::memory_order_relaxed);
    }

    statistics stats() const;

    // gate_cache_entries, gate_verify_*, gate_budget_*, gate_governor_calls_total,
    // gate_governor_refusals_total, gate_circuit_open, gate_blocked_accounts
    void collect(telemetry::metrics_snapshot& into) const;

private:
    void hold_against(const failed_call& call, core::time_point now);
    void report(const verification& answer);
    void log(config::log_level level, std::string_view line) const;

    log_sink log_;
    std::array<std::atomic<std::uint64_t>, core::reason_count> results_{};
    std::array<std::atomic<core::time_point::rep>, core::reason_count> quiet_until_{};
    std::atomic<std::int64_t> budget_remaining_{-1};
    std::atomic<core::time_point::rep> answers_count_until_{0};
    std::atomic<std::int64_t> last_success_{0};  // seconds since 1970
    std::atomic<bool> form_is_known_{false};
    std::atomic<bool> gate_fails_{false};
    std::atomic<bool> clock_off_noted_{false};
    std::atomic<bool> no_store_noted_{false};
    std::atomic<bool> garbage_noted_{false};
};

}  // namespace gate::auth
