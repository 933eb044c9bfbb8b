#include "report.hpp"

namespace gate::simulation {
namespace {

std::string seconds(core::duration span) {
    return number(static_cast<double>(span.count()) / 1000, 1) + " s";
}

}  // namespace

report::report()
    : rows_({"cell", "demand", "calls per window", "busiest window", "flood calls per window", "good refused",
             "known refused", "oldest answer", "recovered after"}) {}

table::row report::row_of(const std::string& name, const std::string& demand, const outcome& what,
                          bool flooded, bool troubled) {
    const auto& seen = what.seen;
    return {name,
            demand,
            number(static_cast<double>(what.gate.calls) / what.windows, 0),
            std::to_string(what.gate.most_in_a_window),
            flooded ? number(static_cast<double>(what.gate.flood_calls) / what.windows, 0) : "",
            percent(seen.good_refused, seen.good_requests),
            percent(seen.known_refused, seen.known_requests),
            seconds(seen.worst_age),
            troubled ? seconds(seen.worst_recovery) : ""};
}

void report::add(const scenario& cell, std::size_t demand, const outcome& sidecar,
                 const outcome& plain_cache) {
    const bool flooded = cell.flood != flood_from::nobody;
    const bool troubled = !cell.troubles.empty();
    rows_.add(row_of(cell.name, percent(demand, gate_model::limit), sidecar, flooded, troubled));
    rows_.add(row_of("- plain cache", "", plain_cache, flooded, troubled));
}

}  // namespace gate::simulation
