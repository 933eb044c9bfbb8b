// gate-simulation [--markdown] [--quick] [--page FILE] [--only TEXT]
//
// Runs all cells, with the sidecar and with the plain cache; prints the table. Exit code 1, and a line for
// each on standard error, when the sidecar breaks a promise, or FILE holds another table.

#include "checks.hpp"
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
    std::string page;
    std::string only;
};

bool parse(int count, char** values, arguments& out) {
    for (int i = 1; i < count; ++i) {
        const std::string_view name = values[i];
        if (name == "--markdown") {
            out.markdown = true;
        } else if (name == "--quick") {
            out.quick = true;
        } else if (name == "--page" && i + 1 < count) {
            out.page = values[++i];
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

}  // namespace

int main(int count, char** values) {
    arguments how;
    if (!parse(count, values, how)) {
        std::cerr << "usage: gate-simulation [--markdown] [--quick] [--page FILE] [--only TEXT]\n";
        return 2;
    }
    report table;
    auto broken = run_all(how, table);
    if (how.markdown) {
        table.write_markdown(std::cout);
    } else {
        table.write_text(std::cout);
    }
    if (!how.page.empty()) {
        std::ifstream page(how.page);
        broken += complain(how.page + " (made by --markdown)", table.differences(page));
    }
    return broken == 0 ? 0 : 1;
}
