#pragma once
// ExportTraceServiceRequest (opentelemetry/proto/collector/trace/v1) in the JSON of protobuf, but for its
// spans. Pure.

#include <gate/config/telemetry_options.hpp>
#include <gate/export/span_chunk.hpp>

#include <string>
#include <string_view>

namespace gate::exporting {

// The resource: service.name, service.version, service.instance.id (`instance`, a UUID of this process), and
// what the options add. The spans come between head and tail, separated by commas.
batch_frame make_batch_frame(const config::otlp_options& options, std::string_view version,
                             std::string_view instance);

// A random UUID (RFC 9562 5.4). Throws where there are no random numbers.
std::string make_instance_id();

}  // namespace gate::exporting
