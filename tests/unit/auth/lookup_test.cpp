#include <gate/auth/lookup.hpp>

#include <catch.hpp>

using namespace gate;
using namespace gate::auth;
using namespace std::chrono_literals;
using core::reason;
using core::verdict;

namespace {

decision made(verdict what, reason why, cache_state cache, core::duration age = 0ms) {
    decision out;
    out.verdict = what;
    out.reason = why;
    out.cache = cache;
    out.age = age;
    return out;
}

}  // namespace

TEST_CASE("a look-up is counted by its state, with the age of the answer that was used") {
    struct expected {
        decision of;
        std::uint64_t lookups;
        std::uint64_t ages;
    };
    const std::vector<expected> table{
        {made(verdict::allow, reason::token_verified, cache_state::hit, 2s), 1, 1},
        {made(verdict::allow, reason::token_verified, cache_state::miss), 1, 1},
        {made(verdict::allow, reason::token_verified, cache_state::fleet), 1, 1},
        {made(verdict::allow, reason::token_grace, cache_state::stale, 90s), 1, 1},
        {made(verdict::deny, reason::token_invalid, cache_state::negative, 2s), 1, 1},
        {made(verdict::deny, reason::account_blocked, cache_state::hit, 2s), 1, 1},
        {made(verdict::deny, reason::token_throttled, cache_state::coalesced), 1, 0},
        {made(verdict::unavailable, reason::gate_timeout, cache_state::miss), 1, 0},
        {made(verdict::deny, reason::token_revoked, cache_state::none), 0, 0},
        {made(verdict::allow, reason::public_path, cache_state::none), 0, 0},
    };
    for (const auto& [of, lookups, ages] : table) {
        INFO(core::to_string(of.reason) << ", " << to_string(of.cache));
        telemetry::worker_metrics into;
        count_lookup(of, into);
        std::uint64_t counted = 0;
        for (const auto& each : into.lookups) counted += each.value();
        CHECK(counted == lookups);
        const auto age = into.token_age.read();
        CHECK(age.count() == ages);
        CHECK(age.nanoseconds ==
              (ages == 0 ? 0U : static_cast<std::uint64_t>(std::chrono::nanoseconds(of.age).count())));
    }
}
