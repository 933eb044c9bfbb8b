// All interleavings of two replicas of a fleet over the real fold: each asks Gate once, the token is
// withdrawn at Gate, one revokes it and the other purges; an owner is frozen until its lock has gone; the
// entries expire; and messages come in every order, one of them twice, one never.
//
// A state is what has happened, with its times, and what each replica has heard. Whether the order in which
// it has heard it matters is what is checked: each state is built over the real core by the path on which it
// was found first, and what the replicas find is compared with what the rules say of what they know. That no
// order of the same messages gives another result is checked beside it, for all orders.
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

using namespace gate::auth;
using namespace std::chrono_literals;
using gate::core::reason;
using gate::core::time_point;

namespace {

constexpr store_time there{std::chrono::seconds(1'800'000'000)};
const time_point start{1000s};
const gate::core::wall_clock::time_point wall{1'800'000'000s};
constexpr std::chrono::milliseconds ttl = 60s;
constexpr std::chrono::milliseconds memory = ttl + 10s;
const auto key = mixed_key(1);

enum class message : std::uint8_t { of_a, of_b, revocation, purge };
constexpr std::array messages{message::of_a, message::of_b, message::revocation, message::purge};

// What happens; `on`: replica 0 or 1.
enum class event : std::uint8_t {
    begin,
    answer,
    finish,
    lock_ends,
    withdraw,
    revoke,
    purge,
    expire,
    hear,
    repeat,
    lose
};
struct step {
    event what;
    std::uint8_t on = 0;
    message which = message::of_a;
};

// One call to Gate.
struct call {
    int asked = -1;
    bool is_answered = false;
    bool is_yes = false;
    bool is_told = false;
    auto operator<=>(const call&) const = default;
};

// Everything but the real core. Times in ms.
struct state {
    int now = 0;
    int lock = -1;  // whose
    bool is_withdrawn = false;
    bool has_expired = false;
    bool lock_has_ended = false;
    int revoked_at = -1;
    int purged_at = -1;
    std::array<call, 2> calls{};
    std::array<std::uint8_t, 2> heard{};  // bits
    int repeated = -1;
    int lost = -1;

    bool is_sent(message which) const {
        switch (which) {
            case message::of_a: return calls[0].is_told;
            case message::of_b: return calls[1].is_told;
            case message::revocation: return revoked_at >= 0;
            case message::purge: break;
        }
        return purged_at >= 0;
    }
    bool knows(unsigned replica, message which) const {
        return (heard[replica] >> static_cast<unsigned>(which) & 1U) != 0;
    }
    bool can(const step& next) const {
        const auto& own = calls[next.on];
        switch (next.what) {
            case event::begin: return own.asked < 0 && lock < 0;
            case event::answer: return own.asked >= 0 && !own.is_answered;
            case event::finish: return own.is_answered && !own.is_told;
            case event::lock_ends: return lock >= 0 && !lock_has_ended;
            case event::withdraw: return !is_withdrawn;
            case event::revoke: return revoked_at < 0;
            case event::purge: return purged_at < 0;
            case event::expire: return !has_expired;
            case event::hear: return is_sent(next.which) && !knows(next.on, next.which) && !is_lost(next);
            case event::repeat: return repeated < 0 && knows(next.on, next.which);
            case event::lose: break;
        }
        return lost < 0 && is_sent(next.which) && !knows(next.on, next.which);
    }
    bool is_lost(const step& at) const { return lost == number_of(at); }
    static int number_of(const step& at) { return static_cast<int>(at.which) * 2 + at.on; }

    void hear(unsigned replica, message which) {
        heard[replica] = static_cast<std::uint8_t>(heard[replica] | 1U << static_cast<unsigned>(which));
    }
    void take(const step& next) {
        auto& own = calls[next.on];
        ++now;
        switch (next.what) {
            case event::begin:
                own.asked = now;
                lock = next.on;
                break;
            case event::answer:
                own.is_answered = true;
                own.is_yes = !is_withdrawn;
                break;
            case event::finish:
                own.is_told = true;
                if (lock == next.on) lock = -1;
                hear(next.on, next.on == 0 ? message::of_a : message::of_b);
                break;
            case event::lock_ends:
                lock = -1;
                lock_has_ended = true;
                break;
            case event::withdraw: is_withdrawn = true; break;
            case event::revoke:
                revoked_at = now;
                hear(next.on, message::revocation);
                break;
            case event::purge:
                purged_at = now;
                hear(next.on, message::purge);
                break;
            case event::expire:
                now += static_cast<int>(ttl.count());
                has_expired = true;
                break;
            case event::hear: hear(next.on, next.which); break;
            case event::repeat: repeated = number_of(next); break;
            case event::lose: lost = number_of(next); break;
        }
    }

    // The order of what carries a time, and what is known of it. The time itself does not matter.
    std::string name() const {
        std::vector<int> times{calls[0].asked, calls[1].asked, revoked_at, purged_at};
        auto sorted = times;
        std::ranges::sort(sorted);
        std::string out;
        const auto expired = [&](int at) { return at >= 0 && now >= at + ttl.count(); };
        for (const int each : times) {
            out += each < 0
                       ? '-'
                       : static_cast<char>('0' + (std::ranges::lower_bound(sorted, each) - sorted.begin()));
            out += expired(each) ? 'x' : '.';
        }
        for (const auto& each : calls)
            out += static_cast<char>('0' + each.is_answered + 2 * each.is_yes + 4 * each.is_told);
        for (const auto each : heard) out += static_cast<char>('A' + each);
        for (const int each : {lock, repeated, lost}) out += static_cast<char>('a' + each + 1);
        out += static_cast<char>('0' + is_withdrawn + 2 * has_expired + 4 * lock_has_ended);
        return out;
    }
};

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

std::vector<step> all_steps() {
    std::vector<step> out;
    for (std::uint8_t on = 0; on < 2; ++on) {
        for (const auto each : {event::begin, event::answer, event::finish}) out.push_back({each, on});
        for (const auto which : messages)
            for (const auto each : {event::hear, event::repeat, event::lose})
                out.push_back({each, on, which});
    }
    out.push_back({event::revoke, 0});
    out.push_back({event::purge, 1});
    for (const auto each : {event::lock_ends, event::withdraw, event::expire}) out.push_back({each});
    return out;
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
