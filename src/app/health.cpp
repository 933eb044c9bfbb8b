#include <gate/app/health.hpp>
#include <gate/app/operator_error.hpp>
#include <gate/telemetry/exposition.hpp>
#include <gate/telemetry/metrics.hpp>

namespace gate::app {
namespace {

endpoint_reply status_reply(unsigned status, std::string_view word, std::string_view detail = {}) {
    core::json_writer to;
    to.begin_object();
    to.member("status", word);
    if (!detail.empty()) to.member("detail", detail);
    to.end_object();
    return json_reply(status, to);
}

}  // namespace

endpoint_reply readiness(const health& state) {
    const auto detail = state.trouble ? state.trouble() : std::string();
    return state.draining ? status_reply(503, "draining", detail) : status_reply(200, "ok", detail);
}

endpoint_reply liveness() {
    return status_reply(200, "ok");
}

void add_health_endpoints(operating_server& on, const health& state, const telemetry::metrics& all) {
    on.handle("GET", "/livez", liveness);
    on.handle("GET", "/readyz", [&state] { return readiness(state); });
    on.handle_shared("GET", "/metrics", [&all] {
        return endpoint_reply{200, "text/plain; version=0.0.4; charset=utf-8",
                              telemetry::prometheus_text(all.read())};
    });
}

}  // namespace gate::app
