#include <gate/auth/shared_state.hpp>
#include <gate/telemetry/metrics_snapshot.hpp>

namespace gate::auth {
namespace {

using telemetry::metrics_snapshot;

template <class Number>
double as_double(Number n) {
    return static_cast<double>(n);
}

void add_calls(metrics_snapshot& into, const statistics& now) {
    auto& calls = into.counter("gate_verify_calls_total", "Calls to Gate, by result.");
    for (std::size_t i = 0; i < now.calls.size(); ++i) {
        const auto why = static_cast<core::reason>(i);
        if (core::is_call_result(why)) calls.add({{"result", core::to_string(why)}}, as_double(now.calls[i]));
    }
}

void add_governor(metrics_snapshot& into, const governor::statistics& now) {
    into.gauge("gate_verify_inflight", "Calls to Gate under way.").add({}, as_double(now.under_way));
    const auto by_lane = [&into](std::string_view name, std::string_view help, const auto& numbers) {
        auto& family = into.counter(name, help);
        for (std::size_t i = 0; i < numbers.size(); ++i)
            family.add({{"lane", to_string(static_cast<lane>(i))}}, as_double(numbers[i]));
    };
    by_lane("gate_governor_calls_total", "Calls to Gate that have ended, by lane.", now.made);
    by_lane("gate_governor_refusals_total", "Verifications that were not allowed to call Gate, by lane.",
            now.refused);
    into.counter("gate_verify_retries_total", "Calls to Gate that were repeated.")
        .add({}, as_double(now.retries));
    into.gauge("gate_verify_waiting", "Tokens that wait until a call to Gate may start.")
        .add({}, as_double(now.waiting));
    into.gauge("gate_circuit_open", "1 while this lane makes no calls to Gate except probes.")
        .add({{"lane", to_string(lane::known)}}, now.known_circuit_is_open ? 1.0 : 0.0)
        .add({{"lane", to_string(lane::unknown)}}, now.unknown_circuit_is_open ? 1.0 : 0.0);
}

void add_blocked(metrics_snapshot& into, const blocked_set& now, std::uint64_t changes) {
    into.gauge("gate_blocked_accounts", "Accounts that an operator has blocked.")
        .add({{"source", "file"}}, as_double(now.in_file->size()))
        .add({{"source", "api"}}, as_double(now.by_operator->size()));
    into.counter(
            "gate_block_changes_total",
            "Changes of the list of blocked accounts: by its file, an operator or the fleet, or by the end "
            "of a block.")
        .add({}, as_double(changes));
}

}  // namespace

void shared_state::collect(metrics_snapshot& into) const {
    const auto now = stats();
    into.gauge("gate_cache_entries", "Tokens in the caches.")
        .add({{"kind", "positive"}}, as_double(now.tokens.accepted))
        .add({{"kind", "negative"}}, as_double(now.tokens.refused));
    into.gauge("gate_budget_remaining",
               "Calls left in the window according to Gate; -1: Gate has not said yet.")
        .add({}, as_double(now.budget_remaining));
    into.gauge("gate_budget_limit",
               "Calls per window, as Gate has reported, or gate.budget.limit until it has.")
        .add({}, as_double(now.gate_calls.limit));
    into.gauge("gate_verify_last_success_timestamp_seconds",
               "When Gate last accepted or refused a token, in seconds since 1970; 0: not yet.")
        .add({}, as_double(now.last_success));
    add_calls(into, now);
    add_governor(into, now.gate_calls);
    add_blocked(into, *blocked.current(), blocked.changes());
}

}  // namespace gate::auth
