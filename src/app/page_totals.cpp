#include <gate/app/page_totals.hpp>

#include <algorithm>
#include <unordered_map>
#include <variant>

namespace gate::app {
namespace {

using core::reason;
using telemetry::histogram_totals;
using telemetry::metric_family;
using telemetry::metric_sample;

std::uint64_t as_count(const telemetry::metric_value& value) {
    return std::visit(
        [](const auto& number) -> std::uint64_t {
            if constexpr (std::is_same_v<std::decay_t<decltype(number)>, histogram_totals>) {
                return number.count();
            } else {
                return number > 0 ? static_cast<std::uint64_t>(number) : 0;
            }
        },
        value);
}

const histogram_totals& as_histogram(const metric_sample& sample) {
    static const histogram_totals none;
    const auto* found = std::get_if<histogram_totals>(&sample.value);
    return found != nullptr ? *found : none;
}

std::string_view label_of(const metric_sample& sample, std::string_view name) {
    const auto found = std::ranges::find(sample.labels, name, &telemetry::label::name);
    return found != sample.labels.end() ? std::string_view(found->value) : std::string_view();
}

void add_requests(const metric_family& family, page_totals& to) {
    for (const auto& each : family.samples) {
        const auto status = label_of(each, "http_response_status_code");
        const auto count = as_count(each.value);
        (status.starts_with('5')   ? to.server_errors
         : status.starts_with('4') ? to.client_errors
                                   : to.succeeded) += count;
        to.requests += as_histogram(each);
    }
}

void add_upstream(const metric_family& family, page_totals& to) {
    for (const auto& each : family.samples)
        if (label_of(each, "peer") == "upstream") to.upstream += as_histogram(each);
}

void add_overhead(const metric_family& family, page_totals& to) {
    for (const auto& each : family.samples) {
        if (to.overhead) {
            *to.overhead += as_histogram(each);
        } else {
            to.overhead = as_histogram(each);  // with the bounds of its own
        }
    }
}

void add_reasons(const metric_family& family, page_totals& to) {
    static const auto by_code = [] {
        std::unordered_map<std::string_view, std::size_t> out;
        for (std::size_t i = 0; i < core::reason_count; ++i)
            out.emplace(core::to_string(static_cast<reason>(i)), i);
        return out;
    }();
    for (const auto& each : family.samples) {
        const auto found = by_code.find(label_of(each, "reason"));
        if (found != by_code.end()) to.reasons.at(found->second) += as_count(each.value);
    }
}

void add_decisions(const metric_family& family, page_totals& to) {
    add_reasons(family, to);
    for (const auto& each : family.samples) {
        const auto verdict = label_of(each, "verdict");
        (verdict == "allow"  ? to.allowed
         : verdict == "deny" ? to.denied
                             : to.unavailable) += as_count(each.value);
    }
}

void add_calls(const metric_family& family, page_totals& to) {
    for (const auto& each : family.samples) to.calls += as_count(each.value);
}

void add_budget(const metric_family& family, page_totals& to) {
    for (const auto& each : family.samples)
        if (const auto* value = std::get_if<double>(&each.value))
            to.budget_left = static_cast<std::int64_t>(*value);
}

void add_under_way(const metric_family& family, page_totals& to) {
    for (const auto& each : family.samples) to.under_way += as_count(each.value);
}

}  // namespace

page_totals totals_of(const telemetry::metrics_snapshot& all) {
    using reader = void (*)(const metric_family&, page_totals&);
    static const std::unordered_map<std::string_view, reader> readers{
        {"http_server_request_duration_seconds", add_requests},
        {"http_client_request_duration_seconds", add_upstream},
        {"gate_overhead_seconds", add_overhead},
        {"gate_decisions_total", add_decisions},
        {"gate_request_failures_total", add_reasons},
        {"gate_verify_calls_total", add_calls},
        {"gate_budget_remaining", add_budget},
        {"http_server_active_requests", add_under_way},
    };
    page_totals out;
    for (const auto& family : all.families()) {
        const auto found = readers.find(family.name);
        if (found != readers.end()) found->second(family, out);
    }
    return out;
}

std::int64_t quantile(const telemetry::histogram_totals& of, double share) noexcept {
    const auto count = of.count();
    if (count == 0) return -1;
    const auto rank = share * static_cast<double>(count);
    double below = 0;
    double from = 0;  // microseconds
    const auto& bounds = *of.scale;
    for (std::size_t i = 0; i < bounds.size(); ++i) {
        const auto limit = std::chrono::duration<double, std::micro>(bounds[i].limit);
        const auto in_bucket = static_cast<double>(of.buckets[i]);
        if (in_bucket > 0 && below + in_bucket >= rank)
            return static_cast<std::int64_t>(from + (limit.count() - from) * (rank - below) / in_bucket);
        below += in_bucket;
        from = limit.count();
    }
    return static_cast<std::int64_t>(from);
}

}  // namespace gate::app
