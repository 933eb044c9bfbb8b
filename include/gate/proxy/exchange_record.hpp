#pragma once
// What happened to one request: filled along the way, and all that the access log and the metrics are told.

#include <gate/auth/access.hpp>
#include <gate/config/config.hpp>
#include <gate/core/clock.hpp>
#include <gate/core/reason.hpp>
#include <gate/http/request_facts.hpp>
#include <gate/http/request_id.hpp>
#include <gate/protocol/peer.hpp>
#include <gate/telemetry/worker_metrics.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

namespace gate::proxy {

struct session_resources;

struct exchange_record {
    core::time_point started;  // the first byte was read; of a pipelined request: the one before had ended
    core::time_point ended{};
    core::time_point upstream_started{};  // unset: the upstream was not needed
    core::time_point upstream_ended{};    // unset: it is at work

    // Between which our own work lies; see overhead(). Unset: it has not come to that.
    core::time_point head_came{};      // the whole head of the request was read
    core::time_point request_sent{};   // it was given to the upstream's connection, for the last time
    core::time_point response_came{};  // the response's head
    core::time_point response_sent{};  // it was given to the client's connection

    http::request_id own_id{};  // unset until one is needed
    http::traceparent trace{};  // the client's or a new one, with a span of our own; unset: no head was read
    std::string_view request_id{};  // what X-Request-Id says, to both sides; empty: no head was read
    std::string_view client_address{};
    const protocol::peer* from = nullptr;  // outlives this object

    // Spans of it are exported. Then `trace` has the span id of this request, and the upstream is told the id
    // of the span of its own call.
    bool is_traced = false;
    http::traceparent upstream_trace{};
    const config::url* upstream_url = nullptr;  // unset: it was not asked; lives with the snapshot
    int upstream_status = 0;                    // 0: it has not answered
    bool was_sent_again = false;                // to the upstream, on another connection

    telemetry::request_labels labels{};
    telemetry::name_index upstream = telemetry::unnamed;  // as metrics name it

    int status = 0;                             // 0: no response was begun
    core::reason failure = core::reason::none;  // why it failed, other than by a refusal
    std::size_t response_head_bytes = 0;
    std::uint64_t request_body_bytes = 0;
    std::uint64_t response_body_bytes = 0;

    std::string_view trace_for_upstream() const noexcept {
        return (is_traced ? upstream_trace : trace).view();
    }
    bool has_own_id() const noexcept { return own_id.text[0] != '\0'; }
    bool has_trace() const noexcept { return trace.text[0] != '\0'; }
    bool used_upstream() const noexcept { return upstream_started != core::time_point{}; }
    // What gate_overhead_seconds counts, of each request that the upstream has answered, be it with a stream
    // or a 101: how long the heads were here. With the request's: verification, the wait for a connection,
    // and attempts that failed. Without the bodies, which move as fast as both sides allow, and the wait for
    // a client to send its head or to take the response's. Nothing: we have answered ourselves.
    std::optional<std::chrono::nanoseconds> overhead() const noexcept {
        if (response_sent == core::time_point{}) return {};
        return (request_sent - head_came) + (response_sent - response_came);
    }
    // It has begun at the upstream, and what the client gets of it has not ended.
    bool is_at_upstream() const noexcept { return used_upstream() && upstream_ended == core::time_point{}; }
};

// Counts a request that has ended, and writes its line into the access log. Belongs to the worker's thread.
void account(session_resources& resources, const exchange_record& record, const http::request_facts& asked,
             const auth::access& access);

}  // namespace gate::proxy
