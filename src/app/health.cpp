#include <gate/app/health.hpp>
#include <gate/telemetry/metrics.hpp>

namespace gate::app {
namespace {

endpoint_reply status_reply(unsigned status, const char* word) {
    return {status, "application/json", std::string("{\"status\":\"") + word + "\"}\n"};
}

}  // namespace

endpoint_reply readiness(const health& state) {
    return state.draining ? status_reply(503, "draining") : status_reply(200, "ok");
}

endpoint_reply liveness() {
    return status_reply(200, "ok");
}

void add_health_endpoints(status_server& on, const health& state, const telemetry::metrics& all) {
    on.handle("GET", "/livez", liveness);
    on.handle("GET", "/readyz", [&state] { return readiness(state); });
    on.handle("GET", "/metrics", [&all] {
        return endpoint_reply{200, "text/plain; version=0.0.4; charset=utf-8", all.render()};
    });
}

}  // namespace gate::app
