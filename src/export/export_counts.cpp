#include <gate/export/export_counts.hpp>

namespace gate::exporting {

void export_counts::collect(std::uint64_t without_room, telemetry::metrics_snapshot& into) const {
    into.counter("gate_spans_exported_total", "Spans that the collector has accepted.")
        .add({}, exported_.value());
    auto& dropped = into.counter("gate_spans_dropped_total", "Spans that the collector will never have.");
    for (std::size_t i = 0; i < drop_reason_names.size(); ++i) {
        const bool is_room = i == static_cast<std::size_t>(drop_reason::no_room);
        dropped.add({{"reason", drop_reason_names[i]}}, dropped_[i].value() + (is_room ? without_room : 0));
    }
    auto& failures =
        into.counter("gate_span_export_failures_total", "Calls to the collector that have failed.");
    for (std::size_t i = 0; i < call_failure_names.size(); ++i)
        failures.add({{"reason", call_failure_names[i]}}, failures_[i].value());
    into.gauge("gate_span_export_last_success_timestamp_seconds",
               "When the collector accepted spans last. 0: never.")
        .add({}, last_success_.value());
}

}  // namespace gate::exporting
