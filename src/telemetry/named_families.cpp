#include "named_families.hpp"

#include <string>
#include <vector>

namespace gate::telemetry {
namespace {

// One instant by both clocks: what an exemplar's time is told apart from.
struct moment {
    core::time_point by_clock = core::clock::now();
    core::wall_clock::time_point by_wall_clock = core::wall_clock::now();
};

std::vector<shown_exemplar> shown_exemplars(const bucket_exemplars& of, const moment& now) {
    std::vector<shown_exemplar> out;
    for (std::size_t i = 0; i < of.size(); ++i) {
        if (!of[i]) continue;
        const auto ago = std::chrono::duration_cast<core::wall_clock::duration>(now.by_clock - of[i]->at);
        out.push_back({i, of[i]->trace_id, of[i]->value, now.by_wall_clock - ago});
    }
    return out;
}

}  // namespace

named_families::named_families(const worker_slots& workers, const label_rules& rules) : rules_(rules) {
    for (const auto& worker : workers) add(*worker);
}

void named_families::add(const worker_metrics& worker) {
    for (std::size_t i = 0; i < worker.routes.size(); ++i) {
        const auto listener = static_cast<listener_index>(i);
        worker.routes[i].for_each([this, listener](name_index route, const route_metrics& counted) {
            auto& sum = routes_[{route, listener}];
            for (std::size_t why = 0; why < core::reason_count; ++why)
                sum.decisions[why] += counted.decisions[why].value();
            counted.requests.add_to(sum.requests);
        });
    }
    worker.upstreams.for_each([this](name_index name, const upstream_metrics& counted) {
        auto& sum = upstreams_[name];
        for (std::size_t state = 0; state < sum.connections.size(); ++state)
            sum.connections[state] += counted.connections[state].value();
        sum.requests += counted.requests.read();
    });
    gate_ += worker.gate_requests.read();
}

label_list named_families::with_route(label_list first, const series& of) const {
    if (of.first != unnamed) first.emplace_back("route", rules_.names.routes.name_of(of.first));
    if (rules_.tells_listeners()) first.emplace_back("listener", rules_.listeners[of.second].name);
    return first;
}

label_list named_families::with_upstream(label_list first, name_index name) const {
    if (name != unnamed) first.emplace_back("upstream", rules_.names.upstreams.name_of(name));
    return first;
}

void named_families::read_server_durations(metrics_snapshot& into) const {
    auto& family =
        into.family(metric_type::histogram, "http_server_request_duration_seconds",
                    "Time from the first byte of a request head to the last byte of its response.");
    const moment now;
    for (const auto& [of, sum] : routes_) {
        for (const auto& [key, total] : sum.requests) {
            const auto status = key.second == 0 ? std::string("_OTHER") : std::to_string(key.second);
            label_list labels{{"http_request_method", to_string(key.first)},
                              {"http_response_status_code", status}};
            family.add(
                with_route(std::move(labels), of), total.times,
                total.exemplars ? shown_exemplars(*total.exemplars, now) : std::vector<shown_exemplar>());
        }
    }
}

void named_families::read_client_durations(metrics_snapshot& into) const {
    auto& family = into.family(metric_type::histogram, "http_client_request_duration_seconds",
                               "Time of the requests that this proxy sends to the upstream and to Gate.");
    for (const auto& [name, sum] : upstreams_)
        family.add(with_upstream({{"peer", "upstream"}}, name), sum.requests);
    family.add({{"peer", "gate"}}, gate_);
}

// Of a route with a name, the reasons that have occurred: all of them for each would be thousands of zeros.
void named_families::read_decisions(metrics_snapshot& into) const {
    auto& family = into.counter("gate_decisions_total", "Decisions about agent tokens.");
    for (const auto& [of, sum] : routes_) {
        for (std::size_t i = 0; i < core::reason_count; ++i) {
            const auto why = static_cast<core::reason>(i);
            const auto verdict = core::verdict_of(why);
            if (!verdict || (of.first != unnamed && sum.decisions[i] == 0)) continue;
            label_list labels{{"verdict", to_string(*verdict)}, {"reason", core::to_string(why)}};
            family.add(with_route(std::move(labels), of), sum.decisions[i]);
        }
    }
}

void named_families::read_upstream_connections(metrics_snapshot& into) const {
    auto& family = into.gauge("upstream_connections", "Connections to the upstream.");
    for (const auto& [name, sum] : upstreams_)
        for (std::size_t i = 0; i < connection_state_names.size(); ++i)
            family.add(with_upstream({{"state", connection_state_names[i]}}, name), sum.connections[i]);
}

}  // namespace gate::telemetry
