#include <gate/app/fleet_checks.hpp>

#include <cstdint>

namespace gate::app {

// Each replica learns every answer of the fleet. The other half is for entries whose end has not yet made
// room.
std::vector<std::string> fleet_warnings(const config::config& options) {
    std::vector<std::string> out;
    if (!options.fleet.is_on()) return out;
    const auto& budget = options.gate.budget;
    const auto ttl = static_cast<std::uint64_t>(options.cache.ttl.count());
    const auto needed = 2 * budget.limit * ttl / static_cast<std::uint64_t>(budget.window.count());
    if (options.cache.max_entries >= needed) return out;
    out.push_back("cache.max_entries: " + std::to_string(options.cache.max_entries) +
                  " is too small for a fleet that may verify " + std::to_string(budget.limit) +
                  " tokens in each gate.budget.window: tokens leave the cache before their TTL ends, and are "
                  "verified again. Use " +
                  std::to_string(needed) + " or more");
    return out;
}

}  // namespace gate::app
