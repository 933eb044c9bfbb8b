#pragma once
// The section `telemetry`: what leaves by itself for the operator's own collectors.

#include <gate/config/tls_options.hpp>

#include <string>
#include <vector>

namespace gate::config {

inline constexpr unsigned whole_ratio = 1'000'000;  // 1, in millionths

// Spans of requests, to an OpenTelemetry collector.
struct otlp_options {
    std::string endpoint;  // base URL of the collector; with traces_endpoint empty: no spans are exported
    std::string traces_endpoint;   // the whole URL; empty: endpoint, and /v1/traces after it
    unsigned ratio = whole_ratio;  // of traces that begin here; 0..1, in millionths
    std::string service_name;      // empty: service.name in resource_attributes, or gate-sidecar
    std::vector<std::string> resource_attributes{};  // "key=value", the value with %-escapes
    std::string headers_file;  // holds fields of each request; empty: OTEL_EXPORTER_OTLP_HEADERS, or none
    upstream_tls_options tls{};
    bool operator==(const otlp_options&) const = default;

    bool is_on() const noexcept { return !endpoint.empty() || !traces_endpoint.empty(); }
    // Where spans are posted to. Precondition: is_on().
    std::string traces_url() const {
        if (!traces_endpoint.empty()) return traces_endpoint;
        return endpoint + (endpoint.ends_with('/') ? "v1/traces" : "/v1/traces");
    }
};

struct telemetry_options {
    otlp_options otlp;
    // Not an option: the collector is that of OpenTelemetry's variables, which are for other programs too.
    bool collector_is_everybodys = false;
    bool operator==(const telemetry_options&) const = default;
};

}  // namespace gate::config
