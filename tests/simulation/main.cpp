#include "run.hpp"

#include <cstdio>

using namespace gate::simulation;

int main(int argc, char** argv) {
    for (const auto& cell : all_scenarios()) {
        if (argc > 1 && cell.name.find(argv[1]) == std::string::npos) continue;
        const auto requests = good_requests(cell);
        const auto demand = ideal_demand(requests, cell, std::chrono::seconds(60), gate_model::window);
        for (const auto who : {subject::sidecar, subject::plain_cache}) {
            const auto o = run(cell, requests, who);
            std::printf(
                "%-60s %s dem %5.1f%% calls %8.1f max %6zu 429 %7zu | good %6zu ref %6zu known %6zu ref %6zu "
                "| age %6.1f rec %5.2f | early %zu rep %zu flood %zu\n",
                cell.name.c_str(), who == subject::sidecar ? "S" : "P", double(demand) / 6,
                double(o.gate.calls) / o.windows, o.gate.most_in_a_window, o.gate.limited,
                o.seen.good_requests, o.seen.good_refused, o.seen.known_requests, o.seen.known_refused,
                double(o.seen.worst_age.count()) / 1000, double(o.seen.worst_recovery.count()) / 1000,
                o.seen.early_calls, o.seen.repeated_calls, o.gate.flood_calls);
        }
    }
}
