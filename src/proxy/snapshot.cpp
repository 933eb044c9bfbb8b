#include <gate/proxy/snapshot.hpp>

namespace gate::proxy {

std::vector<config::upstream_options> snapshot::upstreams_of(const config::config& options) {
    std::vector<config::upstream_options> out{options.upstream};
    for (const auto& each : options.upstreams) out.push_back(each.options);
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
