// All interleavings in a fleet over the real fold: two replicas ask Gate once each, one of them frozen until
// its lock has gone; Gate says yes or no, the token is revoked, all is purged, time passes; and each message
// is heard in every order, at every moment, one of them twice, or never.
//
// No two histories are taken for one: each is told to a real core of its own, from its beginning, and what
// is found then, and at all later moments, is compared with what the rules say of what was heard.
#include "fleet_model_core.hpp"

#include <catch.hpp>
#include <iostream>
#include <string>
#include <vector>

using namespace fleet_model;

namespace {

struct tally {
    std::size_t steps = 0;
    std::size_t histories = 0;
    std::size_t found = 0;
    std::size_t wrong = 0;
    std::string shortest;  // of the wrong ones

    void look(real_core& own, const state& in) {
        ++found;
        if (agrees(own.find(in.now), in)) return;
        ++wrong;
        if (const auto text = in.text(); shortest.empty() || text.size() < shortest.size()) shortest = text;
    }
};

void check(state in, tally& all) {
    ++all.histories;
    auto own = core_after(in);
    all.look(own, in);
    for (const int moment : moments_after(in.now)) {
        in.now = moment + in.now % 1'000;
        all.look(own, in);
    }
}

void explore(const state& from, const std::vector<step>& steps, tally& all) {
    for (const auto& each : steps) {
        if (!from.can(each)) continue;
        ++all.steps;
        auto next = from;
        next.take(each);
        if (each.what == event::hear) check(next, all);
        explore(next, steps, all);
    }
}

}  // namespace

TEST_CASE("fleet: in all interleavings the revocation, the purge and the later answer count") {
    tally all;
    explore({}, all_steps(), all);
    std::cout << "fleet model: " << all.steps << " steps, " << all.histories << " histories, " << all.found
              << " findings, " << all.wrong << " wrong\n";
    INFO("the shortest: " << all.shortest);
    CHECK(all.wrong == 0);
    CHECK(all.histories > 10'000);
}
