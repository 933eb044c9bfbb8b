#pragma once
// The spans of one request, as elements of `spans` in OTLP's JSON (opentelemetry/proto/trace/v1, in the JSON
// of protobuf: ids in lower-case hex, 64-bit numbers as decimal text, enumerations as numbers). Attributes
// have the names of OpenTelemetry's semantic conventions for HTTP, and of the access log.
//
// A SERVER span for the request; a CLIENT span for the call to the upstream; and one for the time that Gate
// was waited for: CLIENT if a call was made for this request, else INTERNAL (it has joined the call of
// another request, or none was allowed).
//
// What a span shows is in the access log, too: never a query, never a token. Texts are cut, escaped and
// masked as there, so that the JSON is valid whatever they hold.

#include <gate/config/config.hpp>
#include <gate/telemetry/spans.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace gate::exporting {

// The attributes of a call to Gate, ready-made, with a comma before each.
std::string gate_attributes(const config::gate_options& gate);

// How many spans a request has.
inline std::size_t spans_of(const telemetry::span_record& of) noexcept {
    const auto is_there = [](std::chrono::nanoseconds began) {
        return began == telemetry::span_record::absent ? std::size_t{0} : std::size_t{1};
    };
    return 1 + is_there(of.upstream_began) + is_there(of.gate_began);
}

// No more bytes than this are written by write_spans() for any request, and for this one.
inline constexpr std::size_t most_span_bytes = 96 * 1024;
std::size_t span_bytes_bound(const telemetry::span_record& of, std::string_view gate) noexcept;

struct written_spans {
    char* end;
    std::size_t number;
};

// Writes them with a comma before each, but for the first where `is_first`. Allocates nothing.
written_spans write_spans(char* out, const telemetry::span_record& of, std::string_view gate,
                          bool is_first) noexcept;

}  // namespace gate::exporting
