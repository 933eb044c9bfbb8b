#pragma once
// The families of what the workers count: sums over all of them.

#include <gate/telemetry/metrics.hpp>
#include <gate/telemetry/metrics_snapshot.hpp>
#include <gate/telemetry/worker_metrics.hpp>

#include <memory>
#include <string>
#include <vector>

namespace gate::telemetry {

using worker_slots = std::vector<std::unique_ptr<worker_metrics>>;

struct label_rules {
    const label_names& names;
    const std::vector<listener_label>& listeners;
    bool tells_listeners() const { return listeners.size() > 1 || listeners.front().name != "proxy"; }
};

// Precondition: there is a worker.
void read_workers(metrics_snapshot& into, const worker_slots& workers, const label_rules& rules);

}  // namespace gate::telemetry
