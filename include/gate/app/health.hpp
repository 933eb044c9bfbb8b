#pragma once
// What the program says about itself to probes: the kubelet, a load balancer, Prometheus.

#include <gate/app/operating_server.hpp>

#include <atomic>
#include <functional>
#include <string>

namespace gate::telemetry {
class metrics;
}

namespace gate::app {

// Thread-safe.
struct health {
    std::atomic<bool> draining{false};
    // What an operator should know although the program is ready, or "". Set before the first request.
    std::function<std::string()> trouble;
};

// 200 while requests are wanted, 503 while draining. The status does not depend on the upstream or Gate: the
// program is ready without them, and a probe that asked for the application would deadlock a Pod
// whose sidecar starts first. What is wrong all the same stands in the body, as `detail`.
endpoint_reply readiness(const health& state);

// 200 for as long as the process answers: a failed probe restarts it, which helps against nothing else.
endpoint_reply liveness();

// Serves /livez, /readyz and /metrics. `state` and `all` must outlive `on`.
void add_health_endpoints(operating_server& on, const health& state, const telemetry::metrics& all);

}  // namespace gate::app
