#pragma once
// What one worker counts. Written by that worker's thread alone, read by the scrape at any time: no lock, no
// look-up, no allocation, no cache line shared between writers. Enumerations index arrays.
//
// About 26 KB, nearly all of it the durations by method and status (request_durations.hpp says why).

#include <gate/core/reason.hpp>
#include <gate/telemetry/counter.hpp>
#include <gate/telemetry/histogram.hpp>
#include <gate/telemetry/labels.hpp>
#include <gate/telemetry/request_durations.hpp>

#include <array>
#include <chrono>
#include <cstdint>

namespace gate::telemetry {

struct alignas(64) worker_metrics {
    // gate_decisions_total: the decision about a request's token. Reasons that are no decision are not shown.
    void count_decision(core::reason why) noexcept { decisions[index_of(why)].add(); }

    // gate_request_failures_total: why a request failed for another cause than a decision (the request
    // itself, the upstream, ourselves). Reasons that are decisions are those of gate_streams_ended_total.
    void count_failure(core::reason why) noexcept { failures[index_of(why)].add(); }

    // gate_cache_lookups_total
    void count_lookup(cache_result result) noexcept { lookups[index_of(result)].add(); }

    // http_server_request_duration_seconds: from the first byte of the request head to the last of the
    // response.
    void count_request(method verb, unsigned status, std::chrono::nanoseconds elapsed) noexcept {
        requests.observe(verb, status, elapsed);
    }

    // http_client_request_duration_seconds: our own exchange with the upstream or with Gate.
    void count_client_request(peer to, std::chrono::nanoseconds elapsed) noexcept {
        client_requests[index_of(to)].observe(elapsed);
    }

    gauge& upstream(connection_state state) noexcept { return upstream_connections[index_of(state)]; }
    gauge& downstream(connection_state state) noexcept { return downstream_connections[index_of(state)]; }

    gauge active_requests;         // http_server_active_requests
    counter headers_stripped;      // gate_headers_stripped_total: identity fields that a client sent
    counter retries;               // upstream_retries_total: requests sent again on a fresh connection
    counter received_bytes;        // http_server_request_bytes_total: heads and bodies from downstream
    counter closed_for_newcomers;  // downstream_connections_evicted_total
    counter sent_bytes;            // http_server_response_bytes_total: heads and bodies to downstream

    std::array<counter, core::reason_count> decisions;
    std::array<counter, core::reason_count> failures;
    std::array<counter, cache_result_names.size()> lookups;
    std::array<gauge, connection_state_names.size()> upstream_connections;
    std::array<gauge, connection_state_names.size()> downstream_connections;
    std::array<histogram, peer_names.size()> client_requests;
    request_durations requests;
};

static_assert(sizeof(worker_metrics) < 32 * 1024);

}  // namespace gate::telemetry
