#pragma once
// What one worker counts. Written by that worker's thread alone, read by the scrape at any time: no lock, no
// look-up, no allocation, no cache line shared between writers. Enumerations index arrays.
//
// What a name or the answering listener brings about is allocated when it first occurs (by_name.hpp), and so
// are the durations by method and status (request_durations.hpp).

#include <gate/core/reason.hpp>
#include <gate/telemetry/by_name.hpp>
#include <gate/telemetry/counter.hpp>
#include <gate/telemetry/histogram.hpp>
#include <gate/telemetry/labels.hpp>
#include <gate/telemetry/request_durations.hpp>

#include <array>
#include <chrono>
#include <cstdint>
#include <vector>

namespace gate::telemetry {

// Which series a request is counted in.
struct request_labels {
    name_index route = unnamed;  // of label_names::routes
    listener_index listener = 0;
};

// What is counted for each route that has a name, and for each listener.
struct route_metrics {
    static constexpr std::size_t pairs_of_a_name = 32;  // of method and status

    explicit route_metrics(name_index route)
        : requests(route == unnamed ? request_durations::slots : pairs_of_a_name) {}

    std::array<counter, core::reason_count> decisions;
    request_durations requests;
};

// Of one listener.
struct handshake_metrics {
    void count(handshake_outcome how, std::chrono::nanoseconds elapsed) noexcept {
        outcomes[index_of(how)].add();
        if (how == handshake_outcome::ok) durations.observe(elapsed);
    }

    std::array<counter, handshake_outcome_names.size()> outcomes;
    histogram durations;  // of those that are ok
};

struct upstream_metrics {
    explicit upstream_metrics(name_index) {}

    gauge& connections_in(connection_state state) noexcept { return connections[index_of(state)]; }

    std::array<gauge, connection_state_names.size()> connections;
    histogram requests;
};

struct alignas(64) worker_metrics {
    explicit worker_metrics(std::size_t listeners = 1)
        : routes(listeners), handshakes(listeners), proxy_headers(listeners) {}

    // gate_decisions_total: the decision about a request's token. Reasons that are no decision are not shown.
    void count_decision(core::reason why, request_labels by = {}) noexcept {
        routes[by.listener].at(by.route).decisions[index_of(why)].add();
    }

    // gate_request_failures_total: why a request failed that was not refused (the request itself, the
    // upstream, ourselves, or a withdrawal). Reasons that are decisions also count in
    // gate_streams_ended_total.
    void count_failure(core::reason why) noexcept { failures[index_of(why)].add(); }

    // gate_cache_lookups_total
    void count_lookup(cache_result result) noexcept { lookups[index_of(result)].add(); }

    // http_server_request_duration_seconds: from the first byte of the request head to the last of the
    // response. `in`: the trace that may serve as an exemplar.
    void count_request(method verb, unsigned status, std::chrono::nanoseconds elapsed, request_labels by = {},
                       const sampled_trace& in = {}) noexcept {
        routes[by.listener].at(by.route).requests.observe(verb, status, elapsed, in);
    }

    // gate_overhead_seconds, gate_token_age_seconds: see there (worker_families.cpp).
    void count_overhead(std::chrono::nanoseconds added) noexcept { overhead.observe(added); }
    void count_token_age(std::chrono::nanoseconds age) noexcept { token_age.observe(age); }

    // http_client_request_duration_seconds: our own exchange with an upstream (label_names::upstreams), or
    // with Gate.
    void count_upstream_request(name_index upstream, std::chrono::nanoseconds elapsed) noexcept {
        upstreams.at(upstream).requests.observe(elapsed);
    }
    void count_gate_request(std::chrono::nanoseconds elapsed) noexcept { gate_requests.observe(elapsed); }

    // tls_handshakes_total, tls_handshake_duration_seconds
    void count_handshake(listener_index listener, handshake_outcome how,
                         std::chrono::nanoseconds elapsed) noexcept {
        handshakes[listener].count(how, elapsed);
    }

    // proxy_headers_total
    void count_proxy_header(listener_index listener, proxy_header_outcome how) noexcept {
        proxy_headers[listener][index_of(how)].add();
    }

    gauge& downstream(connection_state state) noexcept { return downstream_connections[index_of(state)]; }

    gauge active_requests;         // http_server_active_requests
    counter headers_stripped;      // gate_headers_stripped_total: identity fields that a client sent
    counter retries;               // upstream_retries_total: requests sent again on a fresh connection
    counter received_bytes;        // http_server_request_bytes_total: heads and bodies from downstream
    counter closed_for_newcomers;  // downstream_connections_evicted_total
    counter sent_bytes;            // http_server_response_bytes_total: heads and bodies to downstream

    std::array<counter, core::reason_count> failures;
    std::array<counter, cache_result_names.size()> lookups;
    std::array<gauge, connection_state_names.size()> downstream_connections;
    histogram gate_requests;
    basic_histogram<overhead_bounds> overhead;
    basic_histogram<age_bounds> token_age;
    std::vector<by_name<route_metrics>> routes;  // of each listener; as many as at the start
    std::vector<handshake_metrics> handshakes;
    std::vector<std::array<counter, proxy_header_outcome_names.size()>> proxy_headers;
    by_name<upstream_metrics> upstreams;
};

static_assert(sizeof(worker_metrics) < 16 * 1024);

}  // namespace gate::telemetry
