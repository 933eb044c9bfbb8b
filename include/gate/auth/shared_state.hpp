#pragma once
// What the workers share about tokens and Gate, and nothing else: the caches, the flights, the governor, and
// what was seen of Gate's answers. Thread-safe.

#include <gate/auth/governor.hpp>
#include <gate/auth/single_flight.hpp>
#include <gate/auth/token_cache.hpp>
#include <gate/auth/token_verifier.hpp>
#include <gate/config/config.hpp>

#include <array>
#include <atomic>
#include <functional>
#include <string_view>

namespace gate::auth {

// Receives lines for the operator's log. Must be thread-safe.
using log_sink = std::function<void(config::log_level, std::string_view)>;

// The clocks, under the tests' control. Must be thread-safe.
struct time_source {
    std::function<core::time_point()> now = [] { return core::clock::now(); };
    std::function<core::wall_clock::time_point()> wall_now = [] { return core::wall_clock::now(); };
};

struct statistics {
    std::array<std::uint64_t, core::reason_count> calls{};  // to Gate, by the reason that each came to
    std::size_t calls_under_way = 0;
    std::size_t waiters = 0;
    std::uint64_t coalesced = 0;  // requests that joined the verification of another
    std::size_t positive_entries = 0;
    std::size_t negative_entries = 0;
    std::int64_t budget_limit = -1;  // as Gate said last; -1: never
    std::int64_t budget_remaining = -1;
    governor::refusals refused;  // calls that the governor did not allow
};

class shared_state {
public:
    // Uses cache.max_entries, max_negative_entries and ttl; limits.verifications and verification_waiters.
    shared_state(const config::cache_options& cache, const config::limit_options& limits, log_sink log = {},
                 time_source time = {});

    token_cache positive;
    negative_cache negative;
    single_flight flights;
    governor calls;
    const time_source time;

    // Takes note of an answer: counters, budget, the form of the call, the log. Gives it back as it is to be
    // understood: once a well-formed 200 has shown that Gate understands the form of the call, a 422 is about
    // the token, and denies it; a 404 is then an answer that cannot be.
    verification learn(verification answer);

    // Notes that Gate vouched for a token that has expired by our clock, or marked an answer no-store. Logged
    // once.
    void note_clock_off();
    void note_no_store_ignored();

    statistics stats() const;

private:
    void report(const verification& answer);
    void log(config::log_level level, std::string_view line) const;

    log_sink log_;
    std::array<std::atomic<std::uint64_t>, core::reason_count> results_{};
    std::array<std::atomic<core::time_point::rep>, core::reason_count> quiet_until_{};
    std::atomic<std::int64_t> budget_limit_{-1};
    std::atomic<std::int64_t> budget_remaining_{-1};
    std::atomic<bool> form_is_known_{false};
    std::atomic<bool> gate_fails_{false};
    std::atomic<bool> clock_off_noted_{false};
    std::atomic<bool> no_store_noted_{false};
};

}  // namespace gate::auth
