#include "worker_families.hpp"

#include "named_families.hpp"

#include <algorithm>
#include <utility>

namespace gate::telemetry {
namespace {

// The sum over the workers of what `pick` finds in a slot.
template <class Pick>
auto total(const worker_slots& workers, Pick pick) {
    decltype(pick(std::as_const(*workers.front())).value()) sum = 0;
    for (const auto& worker : workers) sum += pick(std::as_const(*worker)).value();
    return sum;
}

void read_failures(metrics_snapshot& into, const worker_slots& workers) {
    auto& family = into.counter("gate_request_failures_total",
                                "Requests that failed for a reason other than their token, or were cut when "
                                "their token, account or route was no longer good.");
    for (std::size_t i = 0; i < core::reason_count; ++i) {
        const auto why = static_cast<core::reason>(i);
        if (why == core::reason::none || (core::verdict_of(why) && !core::ends_streams(why))) continue;
        const auto sum = total(
            workers, [i](const auto& worker) -> auto& { return worker.failures[i]; });
        family.add({{"reason", core::to_string(why)}}, sum);
    }
}

// The part of gate_request_failures_total with reasons that are decisions. One of those makes a request fail
// only where it was allowed to begin with: where an exchange outlived the TTL, and its token was verified
// again.
void read_streams_ended(metrics_snapshot& into, const worker_slots& workers) {
    auto& family = into.counter("gate_streams_ended_total",
                                "Exchanges ended under way: token refused or not confirmed, account blocked, "
                                "or route made stricter.");
    for (std::size_t i = 0; i < core::reason_count; ++i) {
        const auto why = static_cast<core::reason>(i);
        if (!core::ends_streams(why)) continue;
        const auto sum = total(
            workers, [i](const auto& worker) -> auto& { return worker.failures[i]; });
        family.add({{"reason", core::to_string(why)}}, sum);
    }
}

// A family with one label whose values index an array of the slot.
template <class Names, class Member>
void add_by_label(metric_family& family, const worker_slots& workers, std::string_view label_name,
                  const Names& names, Member member) {
    for (std::size_t i = 0; i < names.size(); ++i) {
        const auto sum = total(
            workers, [&](const auto& worker) -> auto& { return (worker.*member)[i]; });
        family.add({{label_name, names[i]}}, sum);
    }
}

template <class Member>
void read_single(metrics_snapshot& into, const worker_slots& workers, metric_type type, std::string_view name,
                 std::string_view help, Member member) {
    into.family(type, name, help)
        .add({}, total(
                     workers, [member](const auto& worker) -> auto& { return worker.*member; }));
}

void read_traffic(metrics_snapshot& into, const worker_slots& workers) {
    using slot = worker_metrics;
    constexpr auto counter = metric_type::counter;
    read_single(into, workers, metric_type::gauge, "http_server_active_requests", "Requests under way.",
                &slot::active_requests);
    read_single(into, workers, counter, "http_server_request_bytes_total", "Bytes received from clients.",
                &slot::received_bytes);
    read_single(into, workers, counter, "http_server_response_bytes_total", "Bytes sent to clients.",
                &slot::sent_bytes);
    read_single(into, workers, counter, "gate_headers_stripped_total",
                "Identity fields that were removed from requests.", &slot::headers_stripped);
    read_single(into, workers, counter, "downstream_connections_evicted_total",
                "Idle connections closed to make room for new ones (limits.connections).",
                &slot::closed_for_newcomers);
    read_single(into, workers, counter, "upstream_retries_total",
                "Requests sent again because a reused upstream connection had been closed.", &slot::retries);
}

void read_lookups(metrics_snapshot& into, const worker_slots& workers) {
    add_by_label(into.counter("gate_cache_lookups_total", "Look-ups of tokens in the cache."), workers,
                 "result", cache_result_names, &worker_metrics::lookups);
}

// Of the listeners that expect them, or have done so before a reload.
void read_proxy_headers(metrics_snapshot& into, const worker_slots& workers,
                        const std::vector<listener_label>& listeners) {
    std::vector<std::pair<std::size_t, std::array<std::uint64_t, proxy_header_outcome_names.size()>>> shown;
    for (std::size_t at = 0; at < listeners.size(); ++at) {
        auto& [listener, sums] = shown.emplace_back();
        listener = at;
        for (std::size_t i = 0; i < sums.size(); ++i)
            sums[i] = total(
                workers, [&](const auto& worker) -> auto& { return worker.proxy_headers[at][i]; });
        const bool has_any = std::ranges::any_of(sums, [](auto sum) { return sum != 0; });
        if (!listeners[at].has_proxy_headers && !has_any) shown.pop_back();
    }
    if (shown.empty()) return;
    auto& family = into.counter("proxy_headers_total",
                                "Connections that must begin with a PROXY header, by how they did.");
    for (const auto& [at, sums] : shown) {
        for (std::size_t i = 0; i < sums.size(); ++i)
            family.add({{"listener", listeners[at].name}, {"result", proxy_header_outcome_names[i]}},
                       sums[i]);
    }
}

// How both are counted: exchange_record::overhead(), auth::count_lookup.
void read_own_times(metrics_snapshot& into, const worker_slots& workers) {
    histogram_totals overhead = workers.front()->overhead.read();
    histogram_totals age = workers.front()->token_age.read();
    for (std::size_t i = 1; i < workers.size(); ++i) {
        overhead += workers[i]->overhead.read();
        age += workers[i]->token_age.read();
    }
    into.family(
            metric_type::histogram, "gate_overhead_seconds",
            "Time that this proxy added to a request that the upstream answered: from its complete head "
            "until it was sent on (verifying and connecting included), and from the response's head until "
            "that was sent on. Bodies and WebSocket messages are not timed.")
        .add({}, overhead);
    into.family(metric_type::histogram, "gate_token_age_seconds",
                "Age of Gate's answer when it decided about a request; 0 if the request waited for it.")
        .add({}, age);
}

void read_downstream_connections(metrics_snapshot& into, const worker_slots& workers) {
    add_by_label(into.gauge("downstream_connections", "Connections from clients."), workers, "state",
                 connection_state_names, &worker_metrics::downstream_connections);
}

}  // namespace

void read_workers(metrics_snapshot& into, const worker_slots& workers, const label_rules& rules) {
    const named_families named(workers, rules);
    named.read_server_durations(into);
    named.read_client_durations(into);
    read_own_times(into, workers);
    read_traffic(into, workers);
    named.read_decisions(into);
    read_failures(into, workers);
    read_streams_ended(into, workers);
    read_lookups(into, workers);
    named.read_upstream_connections(into);
    read_downstream_connections(into, workers);
    read_proxy_headers(into, workers, rules.listeners);
}

void read_handshakes(metrics_snapshot& into, const worker_slots& workers,
                     const std::vector<listener_label>& listeners, const operating_handshakes& operating) {
    if (operating.empty() && std::ranges::none_of(listeners, &listener_label::has_tls)) return;
    auto& outcomes =
        into.counter("tls_handshakes_total", "TLS handshakes with clients, by how they have ended.");
    const auto add = [&outcomes](const std::string& listener, std::size_t outcome, std::uint64_t count) {
        outcomes.add({{"listener", listener}, {"result", handshake_outcome_names[outcome]}}, count);
    };
    std::vector<std::pair<std::string_view, histogram_totals>> times;
    for (std::size_t at = 0; at < listeners.size(); ++at) {
        if (!listeners[at].has_tls) continue;
        for (std::size_t i = 0; i < handshake_outcome_names.size(); ++i)
            add(listeners[at].name, i,
                total(
                    workers, [&](const auto& worker) -> auto& { return worker.handshakes[at].outcomes[i]; }));
        auto& sum = times.emplace_back(listeners[at].name, histogram_totals{}).second;
        for (const auto& worker : workers) sum += worker->handshakes[at].durations.read();
    }
    for (const auto& [name, each] : operating) {
        for (std::size_t i = 0; i < handshake_outcome_names.size(); ++i)
            add(name, i, each->outcomes[i].value());
        times.emplace_back(name, each->durations.read());
    }
    auto& durations = into.family(metric_type::histogram, "tls_handshake_duration_seconds",
                                  "Time of the TLS handshakes with clients that have succeeded.");
    for (const auto& [listener, sum] : times) durations.add({{"listener", std::string(listener)}}, sum);
}

}  // namespace gate::telemetry
