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

void write_server_durations(exposition& out, const slots& workers) {
    std::map<request_durations::key, histogram_totals> totals;
    for (const auto& worker : workers) worker->requests.add_to(totals);
    out.family(metric_type::histogram, "http_server_request_duration_seconds",
               "Time from the first byte of a request head to the last byte of its response.");
    for (const auto& [key, sum] : totals) {
        const auto status = key.second == 0 ? std::string("_OTHER") : std::to_string(key.second);
        out.sample({{"http_request_method", to_string(key.first)}, {"http_response_status_code", status}},
                   sum);
    }
}

void write_client_durations(exposition& out, const slots& workers) {
    out.family(metric_type::histogram, "http_client_request_duration_seconds",
               "Time of our own exchanges with the upstream and with Gate.");
    for (std::size_t i = 0; i < peer_names.size(); ++i) {
        histogram_totals sum;
        for (const auto& worker : workers) sum += worker->client_requests[i].read();
        out.sample({{"peer", peer_names[i]}}, sum);
    }
}

void write_decisions(exposition& out, const slots& workers) {
    out.family(metric_type::counter, "gate_decisions_total", "Decisions about agent tokens.");
    for (std::size_t i = 0; i < core::reason_count; ++i) {
        const auto why = static_cast<core::reason>(i);
        const auto verdict = core::verdict_of(why);
        if (!verdict) continue;
        const auto sum = total(
            workers, [i](const auto& worker) -> auto& { return worker.decisions[i]; });
        out.sample({{"verdict", to_string(*verdict)}, {"reason", core::to_string(why)}}, sum);
    }
}

void write_failures(exposition& out, const slots& workers) {
    out.family(metric_type::counter, "gate_request_failures_total",
               "Requests that failed for another cause than the decision about their token.");
    for (std::size_t i = 0; i < core::reason_count; ++i) {
        const auto why = static_cast<core::reason>(i);
        if (why == core::reason::none || core::verdict_of(why)) continue;
        const auto sum = total(
            workers, [i](const auto& worker) -> auto& { return worker.failures[i]; });
        out.sample({{"reason", core::to_string(why)}}, sum);
    }
}

// A reason that is a decision makes a request fail only where it was allowed to begin with: where an exchange
// outlived the TTL, and its token was verified again.
void write_streams_ended(exposition& out, const slots& workers) {
    out.family(metric_type::counter, "gate_streams_ended_total",
               "Exchanges ended because their token, verified again, was refused or could not be confirmed.");
    for (std::size_t i = 0; i < core::reason_count; ++i) {
        const auto why = static_cast<core::reason>(i);
        if (!core::ends_streams(why)) continue;
        const auto sum = total(
            workers, [i](const auto& worker) -> auto& { return worker.failures[i]; });
        out.sample({{"reason", core::to_string(why)}}, sum);
    }
}

// A family with one label whose values index an array of the slot.
template <class Names, class Member>
void write_by_label(exposition& out, const slots& workers, std::string_view label_name, const Names& names,
                    Member member) {
    for (std::size_t i = 0; i < names.size(); ++i) {
        const auto sum = total(
            workers, [&](const auto& worker) -> auto& { return (worker.*member)[i]; });
        out.sample({{label_name, names[i]}}, sum);
    }
}

template <class Member>
void write_single(exposition& out, const slots& workers, metric_type type, std::string_view name,
                  std::string_view help, Member member) {
    out.family(type, name, help);
    out.sample({}, total(
                       workers, [member](const auto& worker) -> auto& { return worker.*member; }));
}

void write_traffic(exposition& out, const slots& workers) {
    using slot = worker_metrics;
    constexpr auto counter = metric_type::counter;
    write_single(out, workers, metric_type::gauge, "http_server_active_requests", "Requests under way.",
                 &slot::active_requests);
    write_single(out, workers, counter, "http_server_request_bytes_total", "Bytes received from downstream.",
                 &slot::received_bytes);
    write_single(out, workers, counter, "http_server_response_bytes_total", "Bytes sent downstream.",
                 &slot::sent_bytes);
    write_single(out, workers, counter, "gate_headers_stripped_total",
                 "Identity fields sent by clients and dropped.", &slot::headers_stripped);
    write_single(out, workers, counter, "downstream_connections_evicted_total",
                 "Idle connections closed because a newcomer needed the place (limits.connections).",
                 &slot::closed_for_newcomers);
    write_single(out, workers, counter, "upstream_retries_total",
                 "Requests sent again because a reused upstream connection had gone.", &slot::retries);
}

void write_labelled(exposition& out, const slots& workers) {
    using slot = worker_metrics;
    out.family(metric_type::counter, "gate_cache_lookups_total", "Look-ups of tokens in the cache.");
    write_by_label(out, workers, "result", cache_result_names, &slot::lookups);
    out.family(metric_type::gauge, "upstream_connections", "Connections to the upstream.");
    write_by_label(out, workers, "state", connection_state_names, &slot::upstream_connections);
    out.family(metric_type::gauge, "downstream_connections", "Connections from downstream.");
    write_by_label(out, workers, "state", connection_state_names, &slot::downstream_connections);
}

void write_build_info(exposition& out) {
    out.family(metric_type::gauge, "build_info", "What this program was built from; always 1.");
    out.sample({{"version", version()}, {"revision", revision()}}, 1);
}

void write_process(exposition& out) {
    const auto usage = read_process_usage();
    const auto single = [&out](metric_type type, std::string_view name, std::string_view help, auto value) {
        out.family(type, name, help);
        out.sample({}, value);
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

void metrics::add_gauge(std::string name, std::string help, label_list labels,
                        std::function<double()> value) {
    add(metric_type::gauge, std::move(name), std::move(help), {std::move(labels), std::move(value)});
}

void metrics::add_counter(std::string name, std::string help, label_list labels,
                          std::function<double()> value) {
    add(metric_type::counter, std::move(name), std::move(help), {std::move(labels), std::move(value)});
}

void metrics::add(metric_type type, std::string name, std::string help, polled_sample sample) {
    const core::lock_guard lock(mutex_);
    auto& family =
        polled_.try_emplace(std::move(name), polled_family{type, std::move(help), {}}).first->second;
    if (family.type != type) throw std::logic_error("metrics: one name with two types");
    family.samples.push_back(std::move(sample));
}

std::string metrics::render() const {
    exposition out;
    write_build_info(out);
    write_server_durations(out, workers_);
    write_client_durations(out, workers_);
    write_traffic(out, workers_);
    write_decisions(out, workers_);
    write_failures(out, workers_);
    write_streams_ended(out, workers_);
    write_labelled(out, workers_);
    render_polled(out);
    write_process(out);
    return out.take();
}

void metrics::render_polled(exposition& out) const {
    const core::lock_guard lock(mutex_);
    for (const auto& [name, family] : polled_) {
        out.family(family.type, name, family.help);
        for (const auto& sample : family.samples) {
            const std::vector<label> labels(sample.labels.begin(), sample.labels.end());
            out.sample(label_span(labels), sample.value());
        }
    }
}

}  // namespace gate::telemetry
