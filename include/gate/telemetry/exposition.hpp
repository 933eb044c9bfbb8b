#pragma once
// The Prometheus text format, version 0.0.4.

#include <gate/telemetry/metrics_snapshot.hpp>

#include <string>

namespace gate::telemetry {

// A histogram is shown as its cumulative buckets, the sum in seconds and the count.
std::string prometheus_text(const metrics_snapshot& all);

}  // namespace gate::telemetry
