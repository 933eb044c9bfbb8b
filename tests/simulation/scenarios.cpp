#include "scenario.hpp"

namespace gate::simulation {
namespace {

constexpr auto everywhere = routing::round_robin;
constexpr auto sticky = routing::sticky;

// Rates such that the demand of the good tokens lies between 2 % and 77 % of the budget, and for some far
// above it.
struct mix_of_tokens {
    std::size_t replicas;
    std::size_t tokens;
    double per_second;
    routing how;
    double skew = 1.0;
};

scenario cell_of(const mix_of_tokens& m) {
    scenario out;
    const auto rate = static_cast<int>(m.per_second);
    out.name = std::to_string(m.replicas) + (m.replicas == 1 ? " replica, " : " replicas, ") +
               std::to_string(m.tokens) + " tokens" + (m.how == everywhere ? " everywhere" : "") + ", " +
               std::to_string(rate) + "/s";
    out.replicas = m.replicas;
    out.good = {m.tokens, m.per_second, m.how, m.skew, 0s};
    return out;
}

// The caches get warm for five minutes; then comes the flood, for one.
scenario under_flood(scenario cell, flood_from from) {
    cell.measured_from = 300s;
    cell.length = 360s;
    if (from == flood_from::nobody) return cell;
    cell.without_flood = cell.name;
    cell.flood = from;
    cell.flooded = {300s, 360s};
    cell.name += from == flood_from::one_address           ? ", flood from one address"
                 : from == flood_from::address_of_the_good ? ", flood from the good ones' address"
                                                           : ", flood";
    return cell;
}

constexpr mix_of_tokens mixes[] = {
    {1, 10, 50, sticky},         {1, 100, 100, sticky},
    {1, 1000, 19, sticky},       {1, 10'000, 11, sticky},
    {1, 10'000, 100, sticky},    {10, 10, 100, everywhere},
    {10, 100, 100, sticky},      {10, 100, 9, everywhere},
    {10, 1000, 19, sticky},      {10, 10'000, 10, everywhere},
    {10, 1000, 100, everywhere}, {100, 10, 7.5, everywhere},
    {100, 100, 100, sticky},     {100, 460, 500, sticky, 0.0},
    {100, 1000, 19, sticky},     {100, 10'000, 7.5, everywhere},
    {100, 100, 300, everywhere},
};
constexpr auto few_everywhere = mixes[5];
constexpr auto one_in_each = mixes[12];
constexpr auto near_the_limit = mixes[13];

// All are renewed together: for some seconds before, Gate has forgotten the last time.
scenario in_bursts() {
    auto out = cell_of(near_the_limit);
    out.name = "100 replicas, 460 tokens, each within 5 s, every 70 s";
    out.good.burst = 5s;
    return out;
}

void add_floods(std::vector<scenario>& out) {
    for (const auto& m : mixes) {
        out.push_back(under_flood(cell_of(m), flood_from::nobody));
        out.push_back(under_flood(cell_of(m), flood_from::many_addresses));
    }
    out.push_back(under_flood(in_bursts(), flood_from::nobody));
    out.push_back(under_flood(in_bursts(), flood_from::many_addresses));
    for (const auto& m : {few_everywhere, one_in_each, near_the_limit})
        out.push_back(under_flood(cell_of(m), flood_from::one_address));
    out.push_back(under_flood(cell_of(few_everywhere), flood_from::address_of_the_good));
    out[10].quick = out[11].quick = true;
}

// Nobody knows any token: what a new version meets when all replicas start at once.
void add_cold_starts(std::vector<scenario>& out) {
    for (const auto& m : {mixes[2], near_the_limit}) {
        auto cell = cell_of(m);
        cell.name += ", cold start";
        cell.length = 120s;
        out.push_back(cell);
    }
}

scenario in_trouble(scenario cell, const std::string& name, const trouble& what) {
    cell.name += ", " + name;
    cell.measured_from = what.when.from;
    cell.length = what.when.to + 120s;
    cell.troubles = {what};
    // Who asks for a token whose call hangs waits with it, and each of these replicas has only four; until
    // the circuit is open, when calls wait for less.
    const bool is_short = what.when.to - what.when.from <= 10s;
    if (cell.replicas == 100 && what.what == fault::hangs && is_short)
        cell.recovery_limit = config::gate_options{}.timeout;
    // Each of a hundred that is refused takes a call from what becomes free, until they have spread out.
    if (cell.replicas == 100 && what.rude) cell.recovery_limit = 60s;
    return cell;
}

// Troubles come when the caches are warm.
void add_troubles(std::vector<scenario>& out) {
    constexpr auto at = 300s;
    const struct {
        const char* name;
        trouble what;
    } troubles[] = {
        {"connections refused for 10 s", {fault::refused, {at, at + 10s}}},
        {"no answers for 10 s", {fault::hangs, {at, at + 10s}}},
        {"connections refused for 5 min", {fault::refused, {at, at + 5min}}},
        {"no answers for 5 min", {fault::hangs, {at, at + 5min}}},
        {"503 for 1 h", {fault::fails, {at, at + 1h}}},
        {"answers after 2 s for 1 min", {fault::slow, {at, at + 1min}, 2s}},
        {"answers after 10 s for 1 min", {fault::slow, {at, at + 1min}, 10s}},
        {"somebody else takes all at once", {fault::crowded, {at, at + 2s}, 0s, 400}},
        {"somebody else takes 5/s for 2 min", {fault::crowded, {at, at + 2min}, 0s, 5}},
        {"somebody else takes all for 2 min", {fault::crowded, {at, at + 2min}, 0s, 20}},
        {"somebody else ignores 429s for 2 min", {fault::crowded, {at, at + 2min}, 0s, 20, true}},
    };
    const mix_of_tokens troubled[] = {
        {1, 100, 20, sticky}, {10, 200, 100, sticky}, {100, 400, 300, sticky, 0.0}};
    for (const auto& m : troubled) {
        for (const auto& [name, what] : troubles) out.push_back(in_trouble(cell_of(m), name, what));
    }
    for (const auto& [name, what] : {troubles[2], troubles[9]}) {
        auto cell = in_trouble(cell_of(troubled[1]), name, what);
        cell.name += ", grace of 10 min";
        cell.grace = 10min;
        cell.quick = true;
        out.push_back(cell);
    }
}

// A flood begins while Gate is away, and goes on when it is back.
void add_flooded_trouble(std::vector<scenario>& out) {
    for (const auto& m : {mixes[6], near_the_limit}) {
        auto cell = in_trouble(cell_of(m), "connections refused for 10 s", {fault::refused, {300s, 310s}});
        cell.name += ", flood";
        cell.flood = flood_from::many_addresses;
        cell.flooded = {305s, 365s};
        cell.length = 365s;
        out.push_back(cell);
    }
}

}  // namespace

std::vector<scenario> all_scenarios() {
    std::vector<scenario> out;
    add_floods(out);
    add_cold_starts(out);
    add_troubles(out);
    add_flooded_trouble(out);
    return out;
}

}  // namespace gate::simulation
