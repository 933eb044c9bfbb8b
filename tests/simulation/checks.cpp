#include "checks.hpp"

#include <string_view>

namespace gate::simulation {
namespace {

constexpr std::size_t most_demand = gate_model::limit * 8 / 10;
// Two runs with and without a flood meet other latencies and other jitter.
constexpr double chance = 0.01;

double share(std::size_t part, std::size_t whole) {
    return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

class judgement {
public:
    void expect(bool kept, std::string_view promise, std::size_t seen) {
        if (!kept) out_.push_back(std::string(promise) + ": " + std::to_string(seen));
    }
    std::vector<std::string> take() { return std::move(out_); }

private:
    std::vector<std::string> out_;
};

}  // namespace

std::vector<std::string> broken_promises(const seen_cell& seen) {
    judgement is;
    const auto& [cell, demand, sidecar, without_flood] = seen;
    const auto& got = sidecar.seen;
    const auto count = [](core::duration span) { return static_cast<std::size_t>(span.count()); };

    is.expect(got.early_calls == 0, "calls before a Retry-After that the replica was told", got.early_calls);
    is.expect(got.repeated_calls == 0, "calls for good tokens before 80 % of the TTL, or 100 % where scarce",
              got.repeated_calls);
    const auto oldest = config::cache_options{}.ttl + cell.grace;
    is.expect(got.worst_age <= oldest, "ms: an answer was used that is older than TTL and grace",
              count(got.worst_age));
    is.expect(got.worst_recovery <= cell.recovery_limit,
              "ms: known tokens were refused after Gate's return for", count(got.worst_recovery));
    if (without_flood) {
        const auto& calm = without_flood->seen;
        is.expect(share(got.known_refused, got.known_requests) <=
                      share(calm.known_refused, calm.known_requests) + chance,
                  "more known tokens were refused than without the flood", got.known_refused);
    }
    if (demand > most_demand || !cell.troubles.empty()) return is.take();

    is.expect(got.known_refused == 0, "known tokens were refused", got.known_refused);
    is.expect(sidecar.gate.limited == 0, "the budget was overspent: 429s", sidecar.gate.limited);
    if (cell.flood == flood_from::nobody)
        is.expect(got.good_refused == 0, "good tokens were refused without a flood", got.good_refused);
    return is.take();
}

}  // namespace gate::simulation
