#include <gate/proxy/snapshot.hpp>

namespace gate::proxy {

std::vector<config::upstream_options> snapshot::upstreams_of(const config::config& options) {
    std::vector<config::upstream_options> out{options.upstream};
    for (const auto& each : options.upstreams) out.push_back(each.options);
    return out;
}

snapshot::labels snapshot::upstream_labels_of(const config::config& options, telemetry::label_names* names) {
    labels out(options.upstreams.size() + 1, telemetry::unnamed);
    if (names == nullptr) return out;
    for (std::size_t i = 0; i < options.upstreams.size(); ++i)
        out[i + 1] = names->upstreams.index_of(options.upstreams[i].name);
    return out;
}

snapshot::labels snapshot::route_labels_of(const std::vector<auth::route>& routes,
                                           telemetry::label_names* names) {
    labels out(routes.size(), telemetry::unnamed);
    if (names == nullptr) return out;
    for (std::size_t i = 0; i < routes.size(); ++i) out[i] = names->routes.index_of(routes[i].name);
    return out;
}

std::vector<route_settings> snapshot::settings_of_routes() const {
    std::vector<route_settings> out{settings_of(nullptr)};
    for (const auto& each : policy.routes().routes()) out.push_back(settings_of(&each));
    return out;
}

route_settings snapshot::settings_of(const auth::route* route) const {
    const auto& limits = options.limits;
    const auto which = route == nullptr ? 0 : route->upstream;
    route_settings out{.upstream = which,
                       .upstream_label = upstream_labels[which],
                       .response_timeout = upstreams[which].response_timeout,
                       .stream_idle_timeout = limits.stream_idle_timeout,
                       .body_timeout = limits.body_timeout,
                       .client_pace = client_pace};
    if (route == nullptr) return out;
    const auto& own = route->timeouts;
    out.response_timeout = own.response.value_or(out.response_timeout);
    out.stream_idle_timeout = own.stream_idle.value_or(out.stream_idle_timeout);
    if (own.body) {
        out.body_timeout = *own.body;
        out.client_pace = pace_of(limits.body_rate, *own.body);
    }
    return out;
}

}  // namespace gate::proxy
