#include "fleet_report.hpp"

#include <string_view>

namespace gate::simulation {
namespace {

using milliseconds = std::chrono::duration<double, std::milli>;

std::string in_ms(core::time_point::duration span) {
    return number(milliseconds(span).count(), 0) + " ms";
}

double refused_share(const fleet_figures& seen) {
    if (seen.requests == 0) return 0;
    return static_cast<double>(seen.refused) / static_cast<double>(seen.requests);
}

}  // namespace

fleet_report::fleet_report()
    : rows_({"fleet cell", "calls per window", "busiest window", "429s", "calls within half a TTL",
             "calls per TTL", "refused", "slowest request", "oldest yes", "wrong", "revocation p99", "worst",
             "commands/s"}),
      for_readme_({"", "calls a minute", "calls for one token within half a TTL", "refused",
                   "a revocation is everywhere after"}) {}

void fleet_report::add_row(const std::string& name, const fleet_outcome& what, bool has_store) {
    const auto& seen = what.seen;
    const bool revokes = has_store && seen.revocations != 0;
    const auto calls = number(static_cast<double>(what.gate.calls) / what.windows, 0);
    const auto repeated = std::to_string(seen.repeated_calls);
    const auto refused = percent(seen.refused, seen.requests);
    const auto worst = revokes ? in_ms(seen.revocation_worst) : "";
    rows_.add({name, calls, std::to_string(what.gate.most_in_a_window), std::to_string(what.gate.limited),
               repeated, number(seen.calls_per_ttl, 2), refused, in_ms(seen.slowest),
               number(static_cast<double>(seen.worst_age.count()) / 1000, 1) + " s",
               has_store ? std::to_string(seen.wrong) : "", revokes ? in_ms(seen.revocation_p99) : "", worst,
               has_store ? number(seen.commands, 1) : ""});
    for_readme_.add({name, calls, repeated, refused, worst});
}

void fleet_report::add(const fleet_cell& cell, const fleet_outcome& fleet, const fleet_outcome& alone) {
    add_row(cell.base.name, fleet, true);
    add_row("- without a store", alone, false);
}

std::vector<std::string> broken_promises(const fleet_cell& cell, const fleet_outcome& seen) {
    std::vector<std::string> out;
    const auto& got = seen.seen;
    const auto expect = [&out](bool kept, std::string_view promise, double value) {
        if (!kept) out.push_back(std::string(promise) + ": " + number(value, 3));
    };
    expect(got.wrong == 0, "requests passed that Gate or an operator had refused",
           static_cast<double>(got.wrong));
    expect(got.worst_age <= cell.ttl + 5s, "ms: a yes was used that is older than the TTL and 5 s",
           static_cast<double>(got.worst_age.count()));
    expect(refused_share(got) <= cell.refused_share, "of the good requests were refused", refused_share(got));
    expect(got.repeated_calls <= cell.most_repeated, "calls for one token within half a TTL",
           static_cast<double>(got.repeated_calls));
    if (cell.ttl_of_odd == cell.ttl)
        expect(got.repeated_later == 0 || cell.store_troubles.empty(),
               "calls for one token within half a TTL, 3 s after the store's return",
               static_cast<double>(got.repeated_later));
    expect(got.slowest <= cell.slowest, "ms: the slowest request", milliseconds(got.slowest).count());
    expect(got.calls_per_ttl <= cell.calls_per_ttl, "calls per token and TTL", got.calls_per_ttl);
    if (cell.refused_share == 0 && cell.base.troubles.empty())
        expect(seen.gate.limited == 0, "calls that met a 429", static_cast<double>(seen.gate.limited));
    expect(got.revocation_worst <= cell.revoked_within, "ms until a revocation was everywhere",
           milliseconds(got.revocation_worst).count());
    return out;
}

}  // namespace gate::simulation
