#include <gate/auth/fleet_member.hpp>
#include <gate/auth/shared_state.hpp>
#include <gate/core/random.hpp>

#include <algorithm>
#include <utility>

namespace gate::auth {
namespace {

using core::reason;

// A line for each kind of trouble at most this often: a metric counts, a log wakes.
constexpr std::chrono::seconds quiet_time{10};

// A call that fails so long after another one was answered says something about its token.
constexpr std::chrono::seconds recent_answer{2};

// How long a token that Gate has accepted is taken for one that it will accept again.
constexpr std::chrono::hours memory_of_accepted{24};

// For as long as an answer can be on its way, and in use after that (rule 13).
core::duration memory_of_revocations(const config::cache_options& cache, const config::gate_options& gate) {
    return cache.ttl + gate.timeout;
}

// For as long as an answer to a question from before a purge or a refusal can be on its way.
core::duration memory_of_fences(const config::gate_options& gate) {
    constexpr std::chrono::seconds least{10};
    constexpr std::chrono::seconds after_call{5};
    return std::max<core::duration>(least, gate.timeout + after_call);
}

constexpr std::size_t index_of(reason why) {
    return static_cast<std::size_t>(why);
}

std::int64_t seconds_since_1970(core::wall_clock::time_point when) {
    return std::chrono::duration_cast<std::chrono::seconds>(when.time_since_epoch()).count();
}

std::string describe_trouble(const verification& answer) {
    std::string line(core::to_string(answer.reason));
    line.append(": ").append(core::describe(answer.reason));
    if (answer.status != 0) line.append(" status=").append(std::to_string(answer.status));
    if (!answer.request_id.empty()) line.append(" request_id=").append(answer.request_id);
    if (!answer.detail.empty()) line.append(" (").append(answer.detail).append(")");
    return line;
}

}  // namespace

shared_state::shared_state(const config::cache_options& cache, const config::gate_options& gate,
                           const config::limit_options& limits, log_sink sink, time_source clocks,
                           std::optional<std::uint64_t> seed)
    : facts({.accepted = cache.max_entries,
             .refused = cache.max_negative_entries,
             .memory = std::max<core::duration>(memory_of_accepted, cache.grace),
             .memory_of_revocations = memory_of_revocations(cache, gate),
             .fences = memory_of_fences(gate)}),
      failures({limits.failed_tokens, limits.failed_tokens_window, limits.failing_clients},
               seed ? *seed : core::random_number()),
      flights(limits.verification_waiters),
      calls({gate.budget, gate.circuit, limits.verifications}, limits.verification_queue,
            seed ? *seed : core::random_number(),
            [this](const failed_call& call, core::time_point now) { hold_against(call, now); }),
      time(std::move(clocks)),
      log_(std::move(sink)) {}

void shared_state::configure(const config::cache_options& cache, const config::gate_options& gate,
                             const config::limit_options& limits) {
    if (fleet != nullptr) {
        fleet->configure(cache, gate);
    } else {
        facts.remember_revocations_for(memory_of_revocations(cache, gate));
        facts.remember_fences_for(memory_of_fences(gate));
    }
    failures.configure({limits.failed_tokens, limits.failed_tokens_window, limits.failing_clients});
    flights.limit_waiters(limits.verification_waiters);
    calls.configure({gate.budget, gate.circuit, limits.verifications}, limits.verification_queue, time.now());
}

void shared_state::limit_ttl(const config::cache_options& cache) {
    facts.limit_ttl(cache.ttl, cache.negative_ttl);
}

verification shared_state::learn(verification answer) {
    if (answer.remaining) budget_remaining_ = *answer.remaining;
    if (answer.has_garbage_max_age) note_garbage_max_age();

    const bool answered = answer.verdict != verdict::unavailable;
    if (answered) {
        form_is_known_ = true;
        answers_count_until_ = (time.now() + recent_answer).time_since_epoch().count();
        last_success_ = seconds_since_1970(time.wall_now());
    }
    if (answer.reason == reason::gate_form_refused && form_is_known_) {
        answer.reason = answer.status == 422 ? reason::token_rejected : reason::gate_bad_answer;
        if (answer.status == 422) answer.verdict = verdict::deny;
    }
    ++results_[index_of(answer.reason)];
    report(answer);
    return answer;
}

// Rule 28. Gate has accepted the known tokens of an address: their failures are not what it has sent odd
// tokens for.
void shared_state::hold_against(const failed_call& call, core::time_point now) {
    const bool counts = call.which == lane::unknown && !call.is_counted;
    if (call.asker.from && counts) failures.add(*call.asker.from, now);
    delays_of(call.which).add(call.asker.token, call.began, now);
}

void shared_state::report(const verification& answer) {
    if (answer.verdict != verdict::unavailable) {
        if (gate_fails_.exchange(false)) log(config::log_level::info, "Gate answers again");
        return;
    }
    gate_fails_ = true;
    auto& quiet_until = quiet_until_[index_of(answer.reason)];
    const auto now = time.now();
    auto until = quiet_until.load();
    if (until != 0 && now.time_since_epoch().count() < until) return;
    if (!quiet_until.compare_exchange_strong(until, (now + quiet_time).time_since_epoch().count())) return;
    log(core::row_of(answer.reason).level, describe_trouble(answer));
}

void shared_state::note_clock_off() {
    if (clock_off_noted_.exchange(true)) return;
    log(config::log_level::warn,
        "Gate accepts a token whose expires_at has passed: check this machine's clock. The field is "
        "ignored.");
}

void shared_state::note_no_store_ignored() {
    if (no_store_noted_.exchange(true)) return;
    log(config::log_level::info,
        "Gate marks its answers no-store, no-cache or private; they are cached nevertheless "
        "(cache.obey_no_store is "
        "off)");
}

void shared_state::note_garbage_max_age() {
    if (garbage_noted_.exchange(true)) return;
    log(config::log_level::warn, "Gate sends a max-age that is not a number of seconds; it is ignored");
}

void shared_state::log(config::log_level level, std::string_view line) const {
    if (log_) log_(level, line);
}

statistics shared_state::stats() const {
    statistics out;
    for (std::size_t i = 0; i < results_.size(); ++i) out.calls[i] = results_[i];
    out.gate_calls = calls.stats();
    out.tokens = facts.sizes();
    out.budget_remaining = budget_remaining_;
    out.last_success = last_success_;
    return out;
}

}  // namespace gate::auth
