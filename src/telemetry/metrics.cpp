#include "worker_families.hpp"

#include <gate/telemetry/build_info.hpp>
#include <gate/telemetry/metrics.hpp>
#include <gate/telemetry/process_usage.hpp>

#include <stdexcept>
#include <utility>

namespace gate::telemetry {
namespace {

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
    single(metric_type::gauge, "process_threads", "Threads.", usage.threads);
    single(metric_type::gauge, "process_start_time_seconds", "Start of the process since the epoch.",
           usage.start_time);
}

}  // namespace

metrics::metrics(unsigned workers, std::vector<listener_label> listeners, std::vector<std::string> operating)
    : listeners_(std::move(listeners)) {
    if (workers == 0) throw std::logic_error("metrics: at least one worker");
    for (unsigned i = 0; i < workers; ++i)
        workers_.push_back(std::make_unique<worker_metrics>(listeners_.size()));
    for (auto& name : operating) operating_.emplace(std::move(name), std::make_unique<handshake_metrics>());
}

void metrics::add_collector(collector one) {
    const core::lock_guard lock(mutex_);
    owners_.push_back(std::move(one));
}

metrics_snapshot metrics::read() const {
    metrics_snapshot all;
    read_build_info(all);
    read_workers(all, workers_, {names, listeners_});
    read_handshakes(all, workers_, listeners_, operating_);
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
