#pragma once
// All metrics of the process: a slot per worker, and owners that are asked for their numbers at each scrape.
//
// From the workers: http_server_request_duration_seconds, http_server_active_requests,
// http_server_request_bytes_total, http_server_response_bytes_total, http_client_request_duration_seconds,
// gate_overhead_seconds, gate_token_age_seconds, gate_decisions_total, gate_request_failures_total,
// gate_streams_ended_total, gate_cache_lookups_total, gate_headers_stripped_total, tls_handshakes_total,
// tls_handshake_duration_seconds, proxy_headers_total, upstream_retries_total, upstream_connections,
// downstream_connections, downstream_connections_evicted_total.
// Handshakes also from the operating listeners.
// From the process: build_info, process_*. Everything else comes from its owner.
//
// What has a name in the configuration has series of its own, with the label `route` or `upstream`; what has
// none has no such label.

#include <gate/core/mutex.hpp>
#include <gate/telemetry/metrics_snapshot.hpp>
#include <gate/telemetry/worker_metrics.hpp>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace gate::telemetry {

struct listener_label {
    std::string name;
    bool has_tls = false;            // then its handshakes are shown
    bool has_proxy_headers = false;  // then what has become of them is shown before there is anything
};

class metrics {
public:
    // One slot for each worker, numbered from 0. `listeners`: in the order of request_labels::listener;
    // series of requests are labelled with their names, unless there is but one, named "proxy".
    // `operating`: the operating listeners that have TLS.
    explicit metrics(unsigned workers, std::vector<listener_label> listeners = {{"proxy"}},
                     std::vector<std::string> operating = {});

    // For request_labels::route and count_upstream_request.
    label_names names;

    // The slot of one worker: to be written by that worker's thread alone. Lives as long as this object.
    worker_metrics& worker(unsigned number) { return *workers_.at(number); }

    // Those of an operating listener that has TLS: to be written by one thread. Lives as long as this object.
    // Throws std::out_of_range for another name.
    handshake_metrics& handshakes_of(const std::string& operating) { return *operating_.at(operating); }

    // Asks `owner` for its numbers at each read(), once, on whichever thread calls that: it has a thread-safe
    // `void collect(metrics_snapshot& into) const`, and outlives the last read(). Thread-safe.
    template <class Owner>
    void add(const Owner& owner) {
        add_collector([&owner](metrics_snapshot& into) { owner.collect(into); });
    }

    // All numbers, as they are now. What the owners add follows what the workers count, by name.
    // Thread-safe; does not hinder the workers. Throws what metrics_snapshot::family throws.
    metrics_snapshot read() const;

private:
    using collector = std::function<void(metrics_snapshot&)>;
    void add_collector(collector one);

    const std::vector<listener_label> listeners_;
    std::vector<std::unique_ptr<worker_metrics>> workers_;
    std::map<std::string, std::unique_ptr<handshake_metrics>> operating_;  // by name
    mutable core::mutex mutex_;
    std::vector<collector> owners_ GATE_GUARDED_BY(mutex_);
};

}  // namespace gate::telemetry
