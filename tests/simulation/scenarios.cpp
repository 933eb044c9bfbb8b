#include "scenario.hpp"

namespace gate::simulation {
namespace {

struct mix_of_tokens {
    std::size_t replicas;
    std::size_t tokens;
    double per_second;
    routing how;
    double skew = 1.0;
};

std::string name_of(const mix_of_tokens& m) {
    return std::to_string(m.replicas) + (m.replicas == 1 ? " replica, " : " replicas, ") +
           std::to_string(m.tokens) + " tokens" +
           (m.replicas > 1 && m.how == routing::round_robin ? " everywhere" : "");
}

scenario cell_of(const mix_of_tokens& m) {
    scenario out;
    out.name = name_of(m);
    out.replicas = m.replicas;
    out.good = {m.tokens, m.per_second, m.how, m.skew, 0s};
    return out;
}

// The caches get warm for five minutes; then the flood for one.
scenario under_flood(scenario cell, flood_from from) {
    cell.measured_from = 300s;
    cell.length = 360s;
    cell.flood = from;
    cell.flooded = {300s, 360s};
    switch (from) {
        case flood_from::nobody: break;
        case flood_from::one_address: cell.name += ", flood from one address"; break;
        case flood_from::address_of_the_good: cell.name += ", flood from the good ones' address"; break;
        case flood_from::many_addresses: cell.name += ", flood"; break;
    }
    return cell;
}

scenario in_trouble(scenario cell, const std::string& name, trouble what) {
    cell.name += ", " + name;
    cell.measured_from = what.when.from;
    cell.length = what.when.to + 120s;
    cell.troubles = {what};
    return cell;
}

void add_floods(std::vector<scenario>& out) {
    constexpr auto spread = routing::round_robin;
    constexpr auto sticky = routing::sticky;
    const mix_of_tokens mixes[] = {
        {1, 10, 50, sticky},        {1, 100, 100, sticky},        {1, 1000, 19, sticky},
        {1, 10'000, 11, sticky},    {1, 10'000, 100, sticky},     {10, 10, 100, spread},
        {10, 100, 100, sticky},     {10, 100, 9, spread},         {10, 1000, 19, sticky},
        {10, 10'000, 10, spread},   {10, 1000, 100, spread},      {100, 10, 7.5, spread},
        {100, 100, 100, sticky},    {100, 460, 500, sticky, 0.0}, {100, 1000, 19, sticky},
        {100, 10'000, 7.5, spread}, {100, 100, 300, spread},
    };
    for (const auto& m : mixes) {
        for (const auto from : {flood_from::nobody, flood_from::many_addresses}) {
            out.push_back(under_flood(cell_of(m), from));
        }
    }
    for (const auto& m : {mixes[1], mixes[6], mixes[13]}) {
        out.push_back(under_flood(cell_of(m), flood_from::one_address));
    }
    out.push_back(under_flood(cell_of(mixes[6]), flood_from::address_of_the_good));
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
        {"somebody else takes all in a burst", {fault::crowded, {at, at + 2s}, 0s, 400}},
        {"somebody else takes 5/s for 2 min", {fault::crowded, {at, at + 2min}, 0s, 5}},
        {"somebody else takes all for 2 min", {fault::crowded, {at, at + 2min}, 0s, 20}},
        {"somebody else ignores 429s for 2 min", {fault::crowded, {at, at + 2min}, 0s, 20, true}},
    };
    const mix_of_tokens mixes[] = {{1, 100, 20, routing::sticky},
                                   {10, 200, 100, routing::sticky},
                                   {100, 400, 300, routing::sticky, 0.0}};
    for (const auto& m : mixes) {
        for (const auto& [name, what] : troubles) out.push_back(in_trouble(cell_of(m), name, what));
    }
}

}  // namespace

std::vector<scenario> all_scenarios() {
    std::vector<scenario> out;
    add_floods(out);
    add_troubles(out);
    return out;
}

}  // namespace gate::simulation
