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

route_settings snapshot::settings_for(const auth::route* chosen) const noexcept {
    const auto& limits = options.limits;
    const auto which = chosen == nullptr ? 0 : chosen->upstream;
    route_settings out{.upstream = which,
                       .response_timeout = upstreams[which].response_timeout,
                       .stream_idle_timeout = limits.stream_idle_timeout,
                       .body_timeout = limits.body_timeout,
                       .client_pace = client_pace};
    if (chosen == nullptr) return out;
    const auto& own = chosen->timeouts;
    out.response_timeout = own.response.value_or(out.response_timeout);
    out.stream_idle_timeout = own.stream_idle.value_or(out.stream_idle_timeout);
    if (own.body) {
        out.body_timeout = *own.body;
        out.client_pace = pace_of(limits.body_rate, *own.body);
    }
    return out;
}

}  // namespace gate::proxy
