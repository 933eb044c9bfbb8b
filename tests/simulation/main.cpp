// gate-simulation [--markdown] [--quick] [--fleets] [--page FILE] [--readme FILE] [--only TEXT]
//
// Runs all cells, with the sidecar and with the plain cache, then those of the fleet, with and without its
// store; prints both tables. Exit code 1, and a line for each on standard error, when a promise is broken, or
// FILE holds other tables: of --page both of them, of --readme some rows of the fleet's. --fleets: only
// theirs.

#include "checks.hpp"
#include "fleet/fleet_report.hpp"
#include "report.hpp"

#include <cstdio>
#include <fstream>
#include <iostream>
#include <map>

namespace {

using namespace gate::simulation;

struct arguments {
    bool markdown = false;
    bool quick = false;
    bool fleets = false;
    std::string page;
    std::string readme;
    std::string only;
};

bool parse(int count, char** values, arguments& out) {
    for (int i = 1; i < count; ++i) {
        const std::string_view name = values[i];
        if (name == "--markdown") {
            out.markdown = true;
        } else if (name == "--quick") {
            out.quick = true;
        } else if (name == "--fleets") {
            out.fleets = true;
        } else if (name == "--page" && i + 1 < count) {
            out.page = values[++i];
        } else if (name == "--readme" && i + 1 < count) {
            out.readme = values[++i];
        } else if (name == "--only" && i + 1 < count) {
            out.only = values[++i];
        } else {
            return false;
        }
    }
    return true;
}

std::size_t complain(const std::string& about, const std::vector<std::string>& lines) {
    for (const auto& each : lines) std::cerr << "BROKEN in " << about << ": " << each << '\n';
    return lines.size();
}

std::size_t run_all(const arguments& how, report& table) {
    std::size_t broken = 0;
    std::map<std::string, outcome> calm;
    for (const auto& cell : all_scenarios()) {
        if ((how.quick && !cell.quick) || cell.name.find(how.only) == std::string::npos) continue;
        const auto requests = good_requests(cell);
        const auto demand =
            ideal_demand(requests, cell, gate::config::cache_options{}.ttl, gate_model::window);
        seen_cell seen{cell, demand, run(cell, requests, subject::sidecar), {}};
        if (const auto found = calm.find(cell.without_flood); found != calm.end())
            seen.without_flood = found->second;
        calm.emplace(cell.name, seen.sidecar);
        broken += complain(cell.name, broken_promises(seen));
        table.add(cell, demand, seen.sidecar, run(cell, requests, subject::plain_cache));
    }
    return broken;
}

std::size_t run_fleets(const arguments& how, fleet_report& table) {
    std::size_t broken = 0;
    for (const auto& cell : all_fleet_cells()) {
        if ((how.quick && !cell.base.quick) || cell.base.name.find(how.only) == std::string::npos) continue;
        const auto requests = fleet_requests(cell);
        const auto seen = run_fleet(cell, requests, true);
        broken += complain(cell.base.name, broken_promises(cell, seen));
        table.add(cell, seen, run_fleet(cell, requests, false));
    }
    return broken;
}

std::size_t show(const table& what, const arguments& how) {
    if (how.markdown) {
        what.write_markdown(std::cout);
    } else {
        what.write_text(std::cout);
    }
    std::cout << '\n';
    if (how.page.empty()) return 0;
    std::ifstream page(how.page);
    return complain(how.page + " (made by --markdown)", what.differences(page));
}

std::size_t hold_against_readme(const fleet_report& fleets, const arguments& how) {
    if (how.readme.empty()) return 0;
    std::ifstream page(how.readme);
    return complain(how.readme, fleets.for_readme().differences_of_excerpt(page));
}

}  // namespace

int main(int count, char** values) {
    arguments how;
    if (!parse(count, values, how)) {
        std::cerr << "usage: gate-simulation [--markdown] [--quick] [--fleets] [--page FILE] [--readme FILE] "
                     "[--only TEXT]\n";
        return 2;
    }
    std::size_t broken = 0;
    if (!how.fleets) {
        report alone;
        broken += run_all(how, alone);
        broken += show(alone.rows(), how);
    }
    fleet_report fleets;
    broken += run_fleets(how, fleets);
    broken += show(fleets.rows(), how);
    broken += hold_against_readme(fleets, how);
    return broken == 0 ? 0 : 1;
}
