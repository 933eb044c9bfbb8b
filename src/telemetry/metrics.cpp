#include <gate/telemetry/build_info.hpp>
#include <gate/telemetry/metrics.hpp>
#include <gate/telemetry/process_usage.hpp>

#include <stdexcept>

namespace gate::telemetry {
namespace {

using slots = std::vector<std::unique_ptr<worker_metrics>>;

// The sum over the workers of what `pick` finds in a slot.
template <class Pick>
auto total(const slots& workers, Pick pick) {
    decltype(pick(std::as_const(*workers.front())).value()) sum = 0;
    for (const auto& worker : workers) sum += pick(std::as_const(*worker)).value();
    return sum;
}

void read_server_durations(metrics_snapshot& into, const slots& workers) {
    std::map<request_durations::key, histogram_totals> totals;
    for (const auto& worker : workers) worker->requests.add_to(totals);
    auto& family =
        into.family(metric_type::histogram, "http_server_request_duration_seconds",
                    "Time from the first byte of a request head to the last byte of its response.");
    for (const auto& [key, sum] : totals) {
        const auto status = key.second == 0 ? std::string("_OTHER") : std::to_string(key.second);
        family.add({{"http_request_method", to_string(key.first)}, {"http_response_status_code", status}},
                   sum);
    }
}

void read_client_durations(metrics_snapshot& into, const slots& workers) {
    auto& family = into.family(metric_type::histogram, "http_client_request_duration_seconds",
                               "Time of the requests that this proxy sends to the upstream and to Gate.");
    for (std::size_t i = 0; i < peer_names.size(); ++i) {
        histogram_totals sum;
        for (const auto& worker : workers) sum += worker->client_requests[i].read();
        family.add({{"peer", peer_names[i]}}, sum);
    }
}

void read_decisions(metrics_snapshot& into, const slots& workers) {
    auto& family = into.counter("gate_decisions_total", "Decisions about agent tokens.");
    for (std::size_t i = 0; i < core::reason_count; ++i) {
        const auto why = static_cast<core::reason>(i);
        const auto verdict = core::verdict_of(why);
        if (!verdict) continue;
        const auto sum = total(
            workers, [i](const auto& worker) -> auto& { return worker.decisions[i]; });
        family.add({{"verdict", to_string(*verdict)}, {"reason", core::to_string(why)}}, sum);
    }
}

void read_failures(metrics_snapshot& into, const slots& workers) {
    auto& family = into.counter("gate_request_failures_total",
                                "Requests that failed for a reason other than their token.");
    for (std::size_t i = 0; i < core::reason_count; ++i) {
        const auto why = static_cast<core::reason>(i);
        if (why == core::reason::none || core::verdict_of(why)) continue;
        const auto sum = total(
            workers, [i](const auto& worker) -> auto& { return worker.failures[i]; });
        family.add({{"reason", core::to_string(why)}}, sum);
    }
}

// A reason that is a decision makes a request fail only where it was allowed to begin with: where an exchange
// outlived the TTL, and its token was verified again.
void read_streams_ended(metrics_snapshot& into, const slots& workers) {
    auto& family = into.counter(
        "gate_streams_ended_total",
        "Exchanges ended because their token, verified again, was refused or could not be confirmed.");
    for (std::size_t i = 0; i < core::reason_count; ++i) {
        const auto why = static_cast<core::reason>(i);
        if (!core::ends_streams(why)) continue;
        const auto sum = total(
            workers, [i](const auto& worker) -> auto& { return worker.failures[i]; });
        family.add({{"reason", core::to_string(why)}}, sum);
    }
}

// A family with one label whose values index an array of the slot.
template <class Names, class Member>
void add_by_label(metric_family& family, const slots& workers, std::string_view label_name,
                  const Names& names, Member member) {
    for (std::size_t i = 0; i < names.size(); ++i) {
        const auto sum = total(
            workers, [&](const auto& worker) -> auto& { return (worker.*member)[i]; });
        family.add({{label_name, names[i]}}, sum);
    }
}

template <class Member>
void read_single(metrics_snapshot& into, const slots& workers, metric_type type, std::string_view name,
                 std::string_view help, Member member) {
    into.family(type, name, help)
        .add({}, total(
                     workers, [member](const auto& worker) -> auto& { return worker.*member; }));
}

void read_traffic(metrics_snapshot& into, const slots& workers) {
    using slot = worker_metrics;
    constexpr auto counter = metric_type::counter;
    read_single(into, workers, metric_type::gauge, "http_server_active_requests", "Requests under way.",
                &slot::active_requests);
    read_single(into, workers, counter, "http_server_request_bytes_total", "Bytes received from clients.",
                &slot::received_bytes);
    read_single(into, workers, counter, "http_server_response_bytes_total", "Bytes sent to clients.",
                &slot::sent_bytes);
    read_single(into, workers, counter, "gate_headers_stripped_total",
                "Identity fields that were removed from requests.", &slot::headers_stripped);
    read_single(into, workers, counter, "downstream_connections_evicted_total",
                "Idle connections closed to make room for new ones (limits.connections).",
                &slot::closed_for_newcomers);
    read_single(into, workers, counter, "upstream_retries_total",
                "Requests sent again because a reused upstream connection had been closed.", &slot::retries);
}

void read_labelled(metrics_snapshot& into, const slots& workers) {
    using slot = worker_metrics;
    add_by_label(into.counter("gate_cache_lookups_total", "Look-ups of tokens in the cache."), workers,
                 "result", cache_result_names, &slot::lookups);
    add_by_label(into.gauge("upstream_connections", "Connections to the upstream."), workers, "state",
                 connection_state_names, &slot::upstream_connections);
    add_by_label(into.gauge("downstream_connections", "Connections from clients."), workers, "state",
                 connection_state_names, &slot::downstream_connections);
}

void read_build_info(metrics_snapshot& into) {
    into.gauge("build_info", "The version and source of this program; always 1.")
        .add({{"version", version()}, {"revision", revision()}}, std::uint64_t{1});
}

void read_process(metrics_snapshot& into) {
    const auto usage = read_process_usage();
    const auto single = [&into](metric_type type, std::string_view name, std::string_view help, auto value) {
        into.family(type, name, help).add({}, value);
    };
    single(metric_type::counter, "process_cpu_seconds_total", "User and system CPU time spent.",
           usage.cpu_seconds);
    single(metric_type::gauge, "process_resident_memory_bytes", "Resident memory.", usage.resident);
    single(metric_type::gauge, "process_virtual_memory_bytes", "Virtual memory.", usage.virtual_size);
    single(metric_type::gauge, "process_open_fds", "Open file descriptors.", usage.open_fds);
    single(metric_type::gauge, "process_max_fds", "Limit of open file descriptors.", usage.max_fds);
    single(metric_type::gauge, "process_start_time_seconds", "Start of the process since the epoch.",
           usage.start_time);
}

}  // namespace

metrics::metrics(unsigned workers) {
    if (workers == 0) throw std::logic_error("metrics: at least one worker");
    for (unsigned i = 0; i < workers; ++i) workers_.push_back(std::make_unique<worker_metrics>());
}

void metrics::add_collector(collector one) {
    const core::lock_guard lock(mutex_);
    owners_.push_back(std::move(one));
}

metrics_snapshot metrics::read() const {
    metrics_snapshot all;
    read_build_info(all);
    read_server_durations(all, workers_);
    read_client_durations(all, workers_);
    read_traffic(all, workers_);
    read_decisions(all, workers_);
    read_failures(all, workers_);
    read_streams_ended(all, workers_);
    read_labelled(all, workers_);
    metrics_snapshot owned;
    {
        const core::lock_guard lock(mutex_);
        for (const auto& collect : owners_) collect(owned);
    }
    all.append_sorted(std::move(owned));
    read_process(all);
    return all;
}

}  // namespace gate::telemetry
