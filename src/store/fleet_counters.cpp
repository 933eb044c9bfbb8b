#include "fleet_counters.hpp"

#include <gate/telemetry/metrics_snapshot.hpp>

#include <string_view>

namespace gate::store {
namespace {

constexpr std::array<std::string_view, static_cast<std::size_t>(operation::count_)> operations{
    "begin", "extend", "finish", "release", "publish", "beat", "blocks"};
constexpr std::array<std::string_view, 9> kinds_by_name{
    "", "verdict", "revocation", "purge", "pause", "block", "key_refused", "failure", "release"};

}  // namespace

void fleet_counters::count(operation what, fault how, auth::store_span lasted) noexcept {
    done_[static_cast<std::size_t>(what)][static_cast<std::size_t>(how)].add();
    if (how == fault::none) durations_.observe(lasted);
}

void fleet_counters::collect(telemetry::metrics_snapshot& into) const {
    using u64 = std::uint64_t;
    into.gauge("gate_fleet_connected",
               "1 while the store of the fleet answers and its log can be read, else 0.")
        .add({}, u64{is_connected() ? 1U : 0U});
    into.gauge("gate_fleet_replicas", "Replicas that share the store, this one included, as last seen.")
        .add({}, u64{replicas()});
    auto& done = into.counter("gate_fleet_operations_total", "What was asked of the store, by its result.");
    for (std::size_t op = 0; op < operations.size(); ++op)
        for (std::size_t how = 0; how < faults; ++how)
            done.add({{"op", operations[op]}, {"result", to_string(static_cast<fault>(how))}},
                     done_[op][how].value());
    into.family(telemetry::metric_type::histogram, "gate_fleet_operation_duration_seconds",
                "How long the store took for what it has done.")
        .add({}, durations_.read());
    auto& events = into.counter("gate_fleet_events_total", "Messages of the fleet's log.");
    for (std::size_t kind = 1; kind < kinds; ++kind) {
        events.add({{"kind", kinds_by_name[kind]}, {"direction", "sent"}},
                   sent_[kind].load(std::memory_order_relaxed));
        events.add({{"kind", kinds_by_name[kind]}, {"direction", "received"}},
                   heard_[kind].load(std::memory_order_relaxed));
    }
    into.gauge("gate_fleet_lag_seconds", "How old the newest message of the log was when it arrived here.")
        .add({}, static_cast<double>(lag_.load(std::memory_order_relaxed)) / 1e6);
}

}  // namespace gate::store
