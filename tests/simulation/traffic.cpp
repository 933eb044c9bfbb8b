#include "traffic.hpp"

#include <cache_traces.hpp>
#include <cmath>
#include <deque>

namespace gate::simulation {
namespace {

constexpr std::uint64_t seed = 5;

std::uint32_t replica_of(std::uint64_t token, std::uint64_t number, const scenario& cell) {
    const auto bits = cell.good.how == routing::sticky ? token : number;
    return static_cast<std::uint32_t>(bits % cell.replicas);
}

// Every token once in each burst.
std::vector<request> bursts(const scenario& cell) {
    std::vector<request> out;
    std::mt19937_64 random(seed);
    const auto& good = cell.good;
    for (core::duration begin{0}; begin < cell.length; begin += 70s) {
        std::vector<request> burst;
        for (std::size_t i = 0; i < good.tokens; ++i) {
            const auto delay = static_cast<core::duration::rep>(random() % std::uint64_t(good.burst.count()));
            burst.push_back(
                {begin + core::duration(delay), static_cast<std::uint32_t>(i), replica_of(i, i, cell)});
        }
        std::ranges::stable_sort(burst, {}, &request::at);
        out.insert(out.end(), burst.begin(), burst.end());
    }
    return out;
}

}  // namespace

std::uint64_t mix(std::uint64_t bits) noexcept {
    bits += 0x9e3779b97f4a7c15U;
    bits = (bits ^ bits >> 30U) * 0xbf58476d1ce4e5b9U;
    bits = (bits ^ bits >> 27U) * 0x94d049bb133111ebU;
    return bits ^ bits >> 31U;
}

std::vector<request> good_requests(const scenario& cell) {
    if (cell.good.burst.count() != 0) return bursts(cell);
    std::vector<request> out;
    traces::zipf tokens(cell.good.tokens, cell.good.skew, seed);
    std::mt19937_64 random(seed + 1);
    std::exponential_distribution<double> pause(cell.good.per_second / 1000);
    double at = 0;
    for (std::uint64_t i = 0;; ++i) {
        at += pause(random);
        const core::duration when(static_cast<core::duration::rep>(at));
        if (when >= cell.length) return out;
        const auto token = tokens();
        out.push_back({when, static_cast<std::uint32_t>(token), replica_of(token, i, cell)});
    }
}

std::size_t ideal_demand(const std::vector<request>& requests, const scenario& cell, core::duration ttl,
                         core::duration window) {
    std::vector<core::duration> fresh_until(cell.good.tokens * cell.replicas, core::duration{0});
    std::deque<core::duration> calls;
    std::size_t most = 0;
    for (const auto& each : requests) {
        auto& until = fresh_until[each.token * cell.replicas + each.replica];
        if (each.at < until) continue;
        until = each.at + ttl;
        calls.push_back(each.at);
        while (calls.front() + window <= each.at) calls.pop_front();
        if (each.at >= cell.measured_from) most = std::max(most, calls.size());
    }
    return most;
}

}  // namespace gate::simulation
