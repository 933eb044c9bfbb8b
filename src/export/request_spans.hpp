#pragma once
// The spans of one request, written one after the other: see span_text.hpp.

#include "attribute_writer.hpp"

#include <gate/core/reason.hpp>
#include <gate/export/span_text.hpp>
#include <gate/telemetry/text_limits.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace gate::exporting {

namespace span_limit {
using namespace telemetry::shown_at_most;
constexpr std::size_t word = 64;
}  // namespace span_limit

enum class span_kind : std::uint8_t { internal = 1, server = 2, client = 3 };

// Span of time since the beginning of the request, which is never before it began.
struct interval {
    std::chrono::nanoseconds begins;
    std::chrono::nanoseconds lasts;
};

class request_spans {
public:
    request_spans(char* out, const telemetry::span_record& of, bool is_first)
        : to_(out), of_(of), line_(of.line), began_(beginning_of(of.line)), is_first_(is_first) {}

    void write_server();
    void write_upstream();
    void write_gate(std::string_view attributes);
    written_spans written() const { return {to_.end(), number_}; }

private:
    static std::uint64_t beginning_of(const telemetry::access_record& line) noexcept;
    void begin(std::string_view span_id, std::string_view parent_id, bool remote_parent);
    void name_by_method();
    void put_rest(span_kind what, const interval& when);
    void put_method();
    void put_server_address();
    void put_gate_decision();
    void put_peer();
    void end(bool is_error);

    bool is_server_error() const;
    bool is_upstream_error() const;
    void put_error_type(unsigned status, core::reason why);

    attribute_writer to_;
    const telemetry::span_record& of_;
    const telemetry::access_record& line_;
    const std::uint64_t began_;  // nanoseconds since 1970
    bool is_first_;
    std::size_t number_ = 0;
};

}  // namespace gate::exporting
