// What it costs to choose among 100 routes, beside a linear scan over the same routes in the same run; and
// whether the goal is met: at most half of the scan. Both match one spelling of the path, and decide alike;
// the table also sees that a path has other readings. Run: ninja bench_routes, then bench_routes
#include <gate/auth/route_table.hpp>
#include <gate/http/path_pattern.hpp>

#include <algorithm>
#include <array>
#include <benchmark/benchmark.h>
#include <cstdio>
#include <map>

namespace {

using namespace gate;

constexpr std::size_t count = 100;

// As in an API: 20 resources with five routes each, of all kinds.
std::vector<auth::route> make_routes() {
    std::vector<auth::route> out;
    const auto add = [&out](std::string path, auth::route_access needs,
                            std::vector<std::string> methods = {}) {
        auth::route r;
        r.paths.push_back(std::move(path));
        r.needs = needs;
        r.methods = std::move(methods);
        out.push_back(std::move(r));
    };
    for (std::size_t i = 0; out.size() < count; ++i) {
        const auto base = "/v1/resource" + std::to_string(i);
        add(base, auth::route_access::none, {"GET", "HEAD"});
        add(base, auth::route_access::required);
        add(base + "/*", auth::route_access::optional);
        add(base + "/*/items/**", auth::route_access::required);
        add(base + "/admin/**", auth::route_access::deny);
    }
    return out;
}

const std::array<std::string, 8> paths{"/v1/resource0",
                                       "/v1/resource7/4711",
                                       "/v1/resource13/4711/items/12",
                                       "/v1/resource19/admin/keys",
                                       "/v1/resource10/admin",
                                       "/v1/other/path",
                                       "/healthz",
                                       "/v1/resource16/4711/items"};

class linear_scan {
public:
    explicit linear_scan(std::vector<auth::route> routes) : routes_(std::move(routes)) {
        for (const auto& each : routes_) patterns_.emplace_back(each.paths.front());
    }

    auth::route_access decide(std::string_view method, std::string_view path) const {
        std::size_t best = count;
        for (std::size_t i = 0; i < routes_.size(); ++i) {
            if (!patterns_[i].matches(path)) continue;
            const auto& methods = routes_[i].methods;
            if (!methods.empty() && std::find(methods.begin(), methods.end(), method) == methods.end())
                continue;
            if (best == count || is_better(i, best)) best = i;
        }
        return best == count ? auth::route_access::required : routes_[best].needs;
    }

private:
    bool is_better(std::size_t a, std::size_t b) const {
        if (patterns_[a].rank() != patterns_[b].rank()) return patterns_[a].rank() > patterns_[b].rank();
        return !routes_[a].methods.empty() && routes_[b].methods.empty();
    }

    std::vector<auth::route> routes_;
    std::vector<http::path_pattern> patterns_;
};

void scan(benchmark::State& state) {
    const linear_scan routes(make_routes());
    std::size_t i = 0;
    for (auto _ : state) benchmark::DoNotOptimize(routes.decide("GET", paths[++i % paths.size()]));
}

void table(benchmark::State& state) {
    const auth::route_table routes(make_routes(), {});
    auth::route_scratch scratch;
    std::size_t i = 0;
    for (auto _ : state)
        benchmark::DoNotOptimize(
            routes.decide({"GET", paths[++i % paths.size()], "api.example.com"}, scratch));
}

bool decide_alike() {
    const linear_scan by_scan(make_routes());
    const auth::route_table by_table(make_routes(), {});
    auth::route_scratch scratch;
    return std::all_of(paths.begin(), paths.end(), [&](const std::string& path) {
        return by_table.decide({"GET", path, "api.example.com"}, scratch).needs ==
               by_scan.decide("GET", path);
    });
}

// The best CPU time of each, in ns: of the run that others disturbed least.
class figures : public benchmark::ConsoleReporter {
public:
    figures() : ConsoleReporter(OO_None) {}

    void ReportRuns(const std::vector<Run>& runs) override {
        for (const auto& run : runs) {
            if (run.run_type != Run::RT_Iteration || run.error_occurred) continue;
            const auto [best, is_new] = best_.try_emplace(run.benchmark_name(), run.GetAdjustedCPUTime());
            if (!is_new) best->second = std::min(best->second, run.GetAdjustedCPUTime());
        }
    }

    double of(const std::string& name) const {
        const auto found = std::find_if(best_.begin(), best_.end(),
                                        [&name](const auto& each) { return each.first.starts_with(name); });
        return found == best_.end() ? 0 : found->second;
    }

private:
    std::map<std::string, double> best_;
};

}  // namespace

int main(int argc, char** argv) {
    if (!decide_alike()) {
        std::puts("the two do not decide alike");
        return 1;
    }
    // Short runs of both in turn, so that what disturbs the machine disturbs both.
    char turns[] = "--benchmark_enable_random_interleaving=true";
    char repetitions[] = "--benchmark_repetitions=20";
    char time[] = "--benchmark_min_time=0.05";
    std::vector<char*> arguments{argv[0], turns, repetitions, time};
    arguments.insert(arguments.end(), argv + 1, argv + argc);
    int argument_count = static_cast<int>(arguments.size());
    benchmark::Initialize(&argument_count, arguments.data());
    benchmark::RegisterBenchmark("scan", scan);
    benchmark::RegisterBenchmark("table", table);
    figures found;
    benchmark::RunSpecifiedBenchmarks(&found);
    const double ratio = found.of("scan") / found.of("table");
    std::printf("ns for one of %zu routes: scan %.1f, table %.1f: %.1f times as fast; goal 2.0, %s\n", count,
                found.of("scan"), found.of("table"), ratio, ratio >= 2 ? "met" : "MISSED");
    return ratio >= 2 ? 0 : 1;
}
