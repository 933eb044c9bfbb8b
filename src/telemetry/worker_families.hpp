#pragma once
// The families of what the workers count: sums over all of them.

#include <gate/telemetry/metrics.hpp>
#include <gate/telemetry/metrics_snapshot.hpp>
#include <gate/telemetry/worker_metrics.hpp>

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace gate::telemetry {

using worker_slots = std::vector<std::unique_ptr<worker_metrics>>;
using operating_handshakes = std::map<std::string, std::unique_ptr<handshake_metrics>>;

struct label_rules {
    const label_names& names;
    const std::vector<listener_label>& listeners;
    bool tells_listeners() const { return listeners.size() > 1 || listeners.front().name != "proxy"; }
};

// Precondition: there is a worker.
void read_workers(metrics_snapshot& into, const worker_slots& workers, const label_rules& rules);

// Of the listeners that have TLS, the operating ones among them.
void read_handshakes(metrics_snapshot& into, const worker_slots& workers,
                     const std::vector<listener_label>& listeners, const operating_handshakes& operating);

}  // namespace gate::telemetry
