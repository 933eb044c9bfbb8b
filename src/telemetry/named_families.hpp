#pragma once
// The families whose series are told apart by the names of routes and upstreams, and by listeners.

#include "worker_families.hpp"

#include <array>
#include <map>
#include <utility>

namespace gate::telemetry {

class named_families {
public:
    // Adds up what the workers have counted. `rules` outlive this object.
    named_families(const worker_slots& workers, const label_rules& rules);

    void read_server_durations(metrics_snapshot& into) const;
    void read_client_durations(metrics_snapshot& into) const;
    void read_decisions(metrics_snapshot& into) const;
    void read_upstream_connections(metrics_snapshot& into) const;

private:
    struct route_totals {
        std::array<std::uint64_t, core::reason_count> decisions{};
        std::map<request_durations::key, traced_totals> requests;
    };
    struct upstream_totals {
        std::array<std::int64_t, connection_state_names.size()> connections{};
        histogram_totals requests;
    };
    using series = std::pair<name_index, listener_index>;

    void add(const worker_metrics& worker);
    label_list with_route(label_list first, const series& of) const;
    label_list with_upstream(label_list first, name_index name) const;

    const label_rules& rules_;
    std::map<series, route_totals> routes_;
    std::map<name_index, upstream_totals> upstreams_;
    histogram_totals gate_;
};

}  // namespace gate::telemetry
