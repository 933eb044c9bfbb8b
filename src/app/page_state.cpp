#include <gate/app/page_state.hpp>
#include <gate/auth/governor_core.hpp>
#include <gate/core/json_writer.hpp>

#include <algorithm>
#include <cmath>
#include <unordered_set>

namespace gate::app {
namespace {

using core::json_writer;
using telemetry::metric_family;

constexpr std::chrono::milliseconds interval{1'000};
constexpr int rest = 9;                    // times as long as it took to look
constexpr std::size_t newest_points = 10;  // for who asks every second and may have missed some

std::int64_t milliseconds(core::wall_clock::time_point since_1970) {
    return std::chrono::floor<std::chrono::milliseconds>(since_1970.time_since_epoch()).count();
}

// What the page looks at. It leaves out what it does not find.
bool is_shown(std::string_view name) {
    static const std::unordered_set<std::string_view> names{
        "build_info",
        "process_start_time_seconds",
        "process_resident_memory_bytes",
        "process_cpu_seconds_total",
        "process_open_fds",
        "process_max_fds",
        "process_threads",
        "http_server_active_requests",
        "http_server_request_bytes_total",
        "http_server_response_bytes_total",
        "downstream_connections",
        "downstream_connections_evicted_total",
        "upstream_connections",
        "upstream_retries_total",
        "tls_handshakes_total",
        "tls_certificate_not_after_seconds",
        "gate_streams_ended_total",
        "gate_headers_stripped_total",
        "gate_key_refused",
        "gate_key_change_refused",
        "gate_circuit_open",
        "gate_fleet_connected",
        "gate_fleet_replicas",
        "gate_fleet_lag_seconds",
        "gate_shadow_mode",
        "gate_config_generation",
        "gate_config_restart_needed",
        "config_last_reload_successful",
        "config_reloads_total",
        "config_last_reload_success_timestamp_seconds",
        "gate_budget_limit",
        "gate_budget_remaining",
        "gate_governor_refusals_total",
        "gate_verify_calls_total",
        "gate_verify_inflight",
        "gate_verify_waiting",
        "gate_verify_last_success_timestamp_seconds",
        "gate_cache_entries",
        "gate_cache_lookups_total",
        "gate_blocked_accounts",
        "gate_block_changes_total",
        "gate_revocations_total",
        "log_lines_dropped_total",
    };
    return names.contains(name);
}

// JSON has no infinity: null.
void put_value(json_writer& to, double value) {
    if (!std::isfinite(value)) return to.null();
    to.value(value);
}
void put_value(json_writer& to, std::uint64_t value) {
    to.value(value);
}
void put_value(json_writer& to, std::int64_t value) {
    to.value(value);
}
void put_value(json_writer& to, const telemetry::histogram_totals& value) {
    to.value(value.count());
}

void put_family(json_writer& to, const metric_family& family) {
    to.name(family.name);
    to.begin_array();
    for (const auto& each : family.samples) {
        to.begin_object();
        for (const auto& label : each.labels) to.member(label.name, std::string_view(label.value));
        to.name("value");
        std::visit([&to](const auto& value) { put_value(to, value); }, each.value);
        to.end_object();
    }
    to.end_array();
}

// Which calls to Gate are made while how much of the budget is left.
void put_lanes(json_writer& to) {
    const auto put = [&to](auth::lane which, double from) {
        to.begin_object();
        to.member("lane", auth::to_string(which));
        to.name("from");
        to.value(from);
        to.end_object();
    };
    to.name("lanes");
    to.begin_array();
    put(auth::lane::known, 0);
    put(auth::lane::unknown, auth::known_only);
    put(auth::lane::refresh, auth::plenty);
    to.end_array();
}

void put_reasons(json_writer& to, const std::array<std::uint64_t, core::reason_count>& counts) {
    to.name("reasons");
    to.begin_array();
    for (std::size_t i = 1; i < counts.size(); ++i) {
        if (counts[i] == 0) continue;
        const auto& row = core::row_of(static_cast<core::reason>(i));
        to.begin_object();
        to.member("reason", row.code);
        to.member("count", counts[i]);
        if (row.verdict) to.member("verdict", core::to_string(*row.verdict));
        to.member("acts", core::to_string(row.acts));
        to.member("text", row.sentence);
        to.end_object();
    }
    to.end_array();
}

void put_points(json_writer& to, const std::vector<page_point>& points) {
    to.name("columns");
    to.begin_array();
    for (const auto& each : page_columns) to.value(each.name);
    to.end_array();
    to.name("points");
    to.begin_array();
    for (const auto& point : points) {
        to.begin_array();
        for (const auto& each : page_columns) to.value(point.*each.value);
        to.end_array();
    }
    to.end_array();
}

}  // namespace

std::chrono::milliseconds page_state::look() {
    const auto begin = core::clock::now();
    looked_at_ = core::wall_clock::now();
    now_ = all_.read();
    history_.take(totals_of(*now_), looked_at_, begin);
    const auto took = std::chrono::ceil<std::chrono::milliseconds>(core::clock::now() - begin);
    return std::max(interval, rest * took);
}

std::string page_state::describe(bool has_token) {
    const bool is_well = !health_.trouble || health_.trouble().empty();  // its text quotes the configuration
    json_writer to;
    to.begin_object();
    to.member("now", milliseconds(core::wall_clock::now()));
    to.member("at", milliseconds(looked_at_));
    to.member("ready", !health_.draining.load());
    to.member("detail", is_well ? "" : "Something needs attention: /readyz and the log say what.");
    to.member("has_token", has_token);
    to.name("metrics");
    to.begin_object();
    if (now_)
        for (const auto& family : now_->families())
            if (is_shown(family.name)) put_family(to, family);
    to.end_object();
    put_lanes(to);
    put_reasons(to, history_.recent_reasons());
    put_points(to, history_.points(newest_points));
    to.end_object();
    return std::string(to.text()) + '\n';
}

std::string page_state::history() const {
    json_writer to;
    to.begin_object();
    put_points(to, history_.points());
    to.end_object();
    return std::string(to.text()) + '\n';
}

}  // namespace gate::app
