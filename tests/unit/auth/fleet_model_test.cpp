// All interleavings of two replicas of a fleet over the real fold: each asks Gate once, the token is
// withdrawn at Gate, one revokes it and the other purges; an owner is frozen until its lock has gone; the
// entries expire; and messages come in every order, one of them twice, one never.
//
// A state is what has happened, with its times, and what each replica has heard. Whether the order in which
// it has heard it matters is what is checked: each state is built over the real core by the path on which it
// was found first, and what the replicas find is compared with what the rules say of what they know. That no
// order of the same messages gives another result is checked beside it, for all orders.
#include "fleet_model_core.hpp"

#include <algorithm>
#include <array>
#include <catch.hpp>
#include <deque>
#include <iostream>
#include <span>
#include <string>
#include <unordered_set>
#include <vector>

using namespace fleet_model;

namespace {

// What a step does to the real core, after the state has taken it.
void carry_out(const step& next, const state& in, std::array<real_core, 2>& both) {
    auto& own = both[next.on];
    switch (next.what) {
        case event::finish:
            own.hear(said_of(next.on == 0 ? message::of_a : message::of_b, in), in.now);
            break;
        case event::revoke: own.hear(said_of(message::revocation, in), in.now); break;
        case event::purge: own.hear(said_of(message::purge, in), in.now); break;
        case event::hear:
        case event::repeat: own.hear(said_of(next.which, in), in.now); break;
        default: break;
    }
}

// Whether both replicas find what the rules say, after `path`.
bool holds(const std::vector<step>& path) {
    state in;
    std::array<real_core, 2> both;
    for (const auto& each : path) {
        in.take(each);
        carry_out(each, in, both);
    }
    for (unsigned on = 0; on < 2; ++on) {
        if (!agrees(both[on].find(in.now), in, on)) return false;
    }
    return true;
}

// All orders of what replica 0 has heard, of which `twice` comes twice.
void count_orders(state in, message twice, std::size_t& orders, std::size_t& wrong) {
    std::array<message, messages.size() + 1> all{twice};
    std::size_t count = 1;
    for (const auto each : messages)
        if (in.knows(0, each)) all.at(count++) = each;
    const std::span heard(all.data(), count);
    std::ranges::sort(heard);
    do {
        real_core own;
        in.now = 10;
        for (const auto each : heard) own.hear(said_of(each, in), in.now);
        for (const int now : {10, 31'000, 61'000, 69'000}) {
            in.now = now;
            if (!agrees(own.find(now), in, 0)) ++wrong;
        }
        ++orders;
    } while (std::ranges::next_permutation(heard).found);
}

}  // namespace

TEST_CASE(
    "fleet: in all interleavings of two replicas the revocation, the purge and the later answer count") {
    struct found {
        state in;
        std::vector<step> path;
    };
    const auto steps = all_steps();
    std::unordered_set<std::string> seen{state{}.name()};
    std::deque<found> open{{state{}, {}}};
    std::size_t transitions = 0;
    std::size_t wrong = 0;
    while (!open.empty()) {
        const auto from = std::move(open.front());
        open.pop_front();
        for (const auto& each : steps) {
            if (!from.in.can(each)) continue;
            ++transitions;
            auto next = from.in;
            next.take(each);
            if (!seen.insert(next.name()).second) continue;
            auto path = from.path;
            path.push_back(each);
            if (!holds(path)) ++wrong;
            open.push_back({next, std::move(path)});
        }
    }
    std::cout << "fleet model: " << seen.size() << " states, " << transitions << " transitions, " << wrong
              << " wrong\n";
    CHECK(wrong == 0);
    CHECK(seen.size() > 10'000);
}

TEST_CASE("fleet: the same messages give the same result in all orders, also if one comes twice") {
    // All orders in which the four came to be, with a yes or a no of each call.
    std::array<int, 4> stamps{1, 2, 3, 4};
    std::size_t orders = 0;
    std::size_t wrong = 0;
    do {
        for (unsigned answers = 0; answers < 4; ++answers) {
            state in;
            in.calls[0] = {stamps[0], true, (answers & 1U) != 0, true};
            in.calls[1] = {stamps[1], true, (answers & 2U) != 0, true};
            in.revoked_at = stamps[2];
            in.purged_at = stamps[3];
            for (const unsigned known : {1U, 2U, 3U, 5U, 7U, 9U, 10U, 11U, 15U}) {
                in.heard[0] = static_cast<std::uint8_t>(known);
                for (const auto twice : messages)
                    if (in.knows(0, twice)) count_orders(in, twice, orders, wrong);
            }
        }
    } while (std::ranges::next_permutation(stamps).found);
    std::cout << "fleet model: " << orders << " orders, " << wrong << " wrong\n";
    CHECK(wrong == 0);
}
