#include "fleet_model_core.hpp"

#include <token_keys.hpp>

namespace fleet_model {
namespace {

using namespace gate::auth;
using namespace std::chrono_literals;
using gate::core::reason;
using gate::core::time_point;

constexpr store_time there{std::chrono::seconds(1'800'000'000)};
const time_point start{1000s};
const gate::core::wall_clock::time_point wall{1'800'000'000s};
constexpr std::chrono::milliseconds memory = ttl + 10s;
const auto key = mixed_key(1);

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

}  // namespace

real_core::real_core()
    : facts_({.accepted = 4, .refused = 4, .revoked = 4, .memory = 24h, .fences = memory}) {
    clock_.look(start, 5000s);
    clock_.sample({there, 5000s, 5000s + 1ms});
    rules_.keys = {key_id{1}};
}

void real_core::hear(const fleet_message& said, int now) {
    const auto local = start + std::chrono::milliseconds(now);
    const auto change = fold(said, rules_, clock_, {local, wall + std::chrono::milliseconds(now)});
    if (const auto* yes = std::get_if<fleet_change::accepted>(&change)) facts_.learn(key, yes->fact, local);
    if (const auto* no = std::get_if<refused>(&change)) facts_.refuse(key, *no, local);
    if (const auto* end = std::get_if<fleet_change::revoked>(&change))
        facts_.revoke(key, end->at, end->until);
    if (const auto* all = std::get_if<fleet_change::purged>(&change)) facts_.purge(all->scope, all->at);
}

finding real_core::find(int now) {
    return facts_.find(key, start + std::chrono::milliseconds(now), [](std::string_view) {});
}

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

bool agrees(const finding& found, const state& in, unsigned on) {
    const auto want = rules_for(in, on);
    if ((found.state == cache_state::hit) != want.is_hit) return false;
    if ((found.state == cache_state::negative) != want.is_negative) return false;
    return !want.is_hit || found.asked == start + std::chrono::milliseconds(want.asked);
}

}  // namespace fleet_model
