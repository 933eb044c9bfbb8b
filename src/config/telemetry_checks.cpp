// Rules of the section `telemetry` that need more than one value.
#include <gate/config/draft.hpp>
#include <gate/config/scalars.hpp>
#include <gate/config/telemetry_rules.hpp>

namespace gate::config {
namespace {

void check_otlp_tls(const otlp_options& otlp, draft& of) {
    const auto& [ca_file, server_name, cert_file, key_file] = otlp.tls;
    if (!cert_file.empty() && key_file.empty())
        of.blame("telemetry.otlp.tls.client_cert_file", "needs client_key_file, too");
    if (cert_file.empty() && !key_file.empty())
        of.blame("telemetry.otlp.tls.client_key_file", "needs client_cert_file, too");
    if (otlp.is_on() && parse_url(otlp.traces_url())->tls) return;
    // A file here means that somebody believes that connections are protected by it.
    const auto useless = [&](const char* path, const std::string& value) {
        if (!value.empty()) of.blame(path, "has no effect: the URL of the collector is not https");
    };
    useless("telemetry.otlp.tls.ca_file", ca_file);
    useless("telemetry.otlp.tls.server_name", server_name);
    useless("telemetry.otlp.tls.client_cert_file", cert_file);
    useless("telemetry.otlp.tls.client_key_file", key_file);
}

}  // namespace

void check_telemetry(draft& of) {
    const auto& otlp = of.value.telemetry.otlp;
    if (otlp.resource_attributes.size() > most_resource_attributes)
        of.blame("telemetry.otlp.resource_attributes", "has more than 64 items");
    if (of.has_otlp_given_up) return;
    if (of.is_wrong("telemetry.otlp.endpoint") || of.is_wrong("telemetry.otlp.traces_endpoint")) return;
    if (!otlp.is_on() && !otlp.headers_file.empty())
        of.blame("telemetry.otlp.headers_file", "needs endpoint, too");
    check_otlp_tls(otlp, of);
}

}  // namespace gate::config
