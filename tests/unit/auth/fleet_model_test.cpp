// All interleavings of two replicas of a fleet over the real fold: each asks Gate once, the token is
// withdrawn at Gate, one revokes it and the other purges; an owner is frozen until its lock has gone; the
// entries expire; and messages come in every order, one of them twice, one never.
//
// A state is what has happened, with its times, and what each replica has heard. Whether the order in which
// it has heard it matters is what is checked: each state is built over the real core by the path on which it
// was found first, and what the replicas find is compared with what the rules say of what they know. That no
// order of the same messages gives another result is checked beside it, for all orders.
#include "fleet_model.hpp"

#include <gate/auth/fact_shard.hpp>
#include <gate/auth/fleet_fold.hpp>

#include <algorithm>
#include <array>
#include <catch.hpp>
#include <deque>
#include <iostream>
#include <span>
#include <string>
#include <token_keys.hpp>
#include <unordered_set>
#include <vector>

using namespace fleet_model;
using namespace gate::auth;
using namespace std::chrono_literals;
using gate::core::reason;
using gate::core::time_point;

namespace {

constexpr store_time there{std::chrono::seconds(1'800'000'000)};
const time_point start{1000s};
const gate::core::wall_clock::time_point wall{1'800'000'000s};
constexpr std::chrono::milliseconds memory = ttl + 10s;
const auto key = mixed_key(1);

struct replica {
    fact_shard facts{{.accepted = 4, .refused = 4, .revoked = 4, .memory = 24h, .fences = memory}};
    fleet_clock clock;
    fleet_rules rules;

    replica() {
        clock.look(start, 5000s);
        clock.sample({there, 5000s, 5000s + 1ms});
        rules.keys = {key_id{1}};
    }

    void hear(const fleet_message& said, int now) {
        const auto local = start + std::chrono::milliseconds(now);
        const auto change = fold(said, rules, clock, {local, wall + std::chrono::milliseconds(now)});
        if (const auto* yes = std::get_if<fleet_change::accepted>(&change))
            facts.learn(key, yes->fact, local);
        if (const auto* no = std::get_if<refused>(&change)) facts.refuse(key, *no, local);
        if (const auto* end = std::get_if<fleet_change::revoked>(&change))
            facts.revoke(key, end->at, end->until);
        if (const auto* all = std::get_if<fleet_change::purged>(&change)) facts.purge(all->scope, all->at);
    }
    finding find(int now) {
        return facts.find(key, start + std::chrono::milliseconds(now), [](std::string_view) {});
    }
};

fleet_message said_of(message which, const state& in) {
    const auto at = [](int when) { return there + std::chrono::milliseconds(when); };
    fleet_message out;
    out.token = id_of(key);
    out.keys = {key_id{1}};
    if (which == message::revocation) {
        out.kind = fleet_kind::revocation;
        out.at = at(in.revoked_at);
        out.until = out.at + memory;
    } else if (which == message::purge) {
        out.kind = fleet_kind::purge;
        out.token.reset();
        out.at = at(in.purged_at);
    } else {
        const auto& call = in.calls[which == message::of_a ? 0 : 1];
        out.at = at(call.asked);
        out.verified_at = wall + std::chrono::milliseconds(call.asked);
        out.life = ttl;
        out.refused_for = call.is_yes ? reason::none : reason::token_revoked;
        if (call.is_yes) out.account = "gacct_1";
    }
    return out;
}

// What the rules say that a replica finds, given what it has heard.
struct expected {
    bool is_hit = false;
    bool is_negative = false;
    int asked = -1;
};
expected rules_for(const state& in, unsigned on) {
    if (in.knows(on, message::revocation) && in.now < in.revoked_at + memory.count())
        return {false, true, -1};
    int last = -1;
    for (unsigned i = 0; i < 2; ++i) {
        const auto own = i == 0 ? message::of_a : message::of_b;
        if (in.knows(on, own) &&
            (last < 0 || in.calls[i].asked > in.calls[static_cast<unsigned>(last)].asked))
            last = static_cast<int>(i);
    }
    if (last < 0) return {};
    const auto& word = in.calls[static_cast<unsigned>(last)];
    const bool is_purged = in.knows(on, message::purge) && word.asked <= in.purged_at;
    const int life = static_cast<int>(word.is_yes ? ttl.count() : 30'000);
    if (is_purged || in.now >= word.asked + life) return {};
    // What a revocation has voided does not come back after its end: it ends later than every such entry.
    return {word.is_yes, !word.is_yes, word.asked};
}

bool agrees(const finding& found, const expected& want) {
    if ((found.state == cache_state::hit) != want.is_hit) return false;
    if ((found.state == cache_state::negative) != want.is_negative) return false;
    return !want.is_hit || found.asked == start + std::chrono::milliseconds(want.asked);
}

// What a step does to the real core, after the state has taken it.
void carry_out(const step& next, const state& in, std::array<replica, 2>& both) {
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
    std::array<replica, 2> both;
    for (const auto& each : path) {
        in.take(each);
        carry_out(each, in, both);
    }
    for (unsigned on = 0; on < 2; ++on) {
        if (!agrees(both[on].find(in.now), rules_for(in, on))) return false;
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
        replica own;
        in.now = 10;
        for (const auto each : heard) own.hear(said_of(each, in), in.now);
        for (const int now : {10, 31'000, 61'000, 69'000}) {
            in.now = now;
            if (!agrees(own.find(now), rules_for(in, 0))) ++wrong;
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
