#pragma once
// The texts that a scrape reads.

#include <gate/telemetry/metrics_snapshot.hpp>

#include <string>
#include <string_view>

namespace gate::telemetry {

inline constexpr std::string_view prometheus_content_type = "text/plain; version=0.0.4; charset=utf-8";
inline constexpr std::string_view openmetrics_content_type =
    "application/openmetrics-text; version=1.0.0; charset=utf-8";

// The Prometheus text format, version 0.0.4. A histogram is shown as its cumulative buckets, the sum in
// seconds and the count.
std::string prometheus_text(const metrics_snapshot& all);

// OpenMetrics, version 1.0.0: the same numbers, and exemplars. A counter's family is named without the
// _total that its samples end in; a counter whose name does not end so is shown as of unknown type.
std::string openmetrics_text(const metrics_snapshot& all);

}  // namespace gate::telemetry
