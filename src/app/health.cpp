#include <gate/app/health.hpp>
#include <gate/app/operator_error.hpp>
#include <gate/http/accept.hpp>
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

constexpr unsigned prometheus = 0;
constexpr unsigned openmetrics = 1;

unsigned metrics_form(const endpoint_request& asked) {
    return http::prefers_openmetrics(asked.accept) ? openmetrics : prometheus;
}

endpoint_reply metrics_in(unsigned form, const telemetry::metrics& all) {
    using namespace telemetry;
    endpoint_reply out{.fields = {{"Vary", "Accept"}}};
    out.content_type = form == openmetrics ? openmetrics_content_type : prometheus_content_type;
    out.body = form == openmetrics ? openmetrics_text(all.read()) : prometheus_text(all.read());
    return out;
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
    on.handle_shared("GET", "/metrics", metrics_form,
                     [&all](unsigned form) { return metrics_in(form, all); });
}

}  // namespace gate::app
