#pragma once
// All metrics of the process: a slot per worker, values that others own and that are asked for at the scrape,
// and the text that /metrics serves.
//
// From the workers: http_server_request_duration_seconds, http_server_active_requests,
// http_server_request_bytes_total, http_server_response_bytes_total, http_client_request_duration_seconds,
// gate_decisions_total, gate_request_failures_total, gate_streams_ended_total, gate_cache_lookups_total,
// gate_headers_stripped_total, upstream_retries_total, upstream_connections, downstream_connections,
// downstream_connections_evicted_total. From the process: build_info, process_*. Everything else is
// registered by its owner.

#include <gate/core/mutex.hpp>
#include <gate/telemetry/exposition.hpp>
#include <gate/telemetry/worker_metrics.hpp>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace gate::telemetry {

using label_list = std::vector<std::pair<std::string, std::string>>;

class metrics {
public:
    // One slot for each worker, numbered from 0.
    explicit metrics(unsigned workers);

    // The slot of one worker: to be written by that worker's thread alone. Lives as long as this object.
    worker_metrics& worker(unsigned number) { return *workers_.at(number); }

    // Values that others own. `value` is called by render() on whichever thread calls that, so it must be
    // thread-safe, quick, and valid until the last render(). Several label sets may share a name; the help
    // text of the first counts. A name used with two types throws std::logic_error. Thread-safe.
    void add_gauge(std::string name, std::string help, label_list labels, std::function<double()> value);
    void add_counter(std::string name, std::string help, label_list labels, std::function<double()> value);

    // The Prometheus text format, version 0.0.4. Thread-safe; does not hinder the workers.
    std::string render() const;

private:
    struct polled_sample {
        label_list labels;
        std::function<double()> value;
    };
    struct polled_family {
        metric_type type;
        std::string help;
        std::vector<polled_sample> samples;
    };

    void add(metric_type type, std::string name, std::string help, polled_sample sample);
    void render_polled(exposition& out) const;

    std::vector<std::unique_ptr<worker_metrics>> workers_;
    mutable core::mutex mutex_;
    std::map<std::string, polled_family> polled_ GATE_GUARDED_BY(mutex_);
};

}  // namespace gate::telemetry
