#include "fleet_model_core.hpp"

#include <span>
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
const auto key = mixed_key(1);

constexpr std::size_t most_entries = 64;

enum class answers : std::uint8_t { all, kept };

bool was_revoked(const state& in) {
    const auto heard = in.first_heard(message::revocation);
    return heard && *heard < in.revoked_at + memory.count();
}

// A revocation in force drops a yes, also one that Gate said after it; after its end such a yes counts where
// it is heard again.
bool is_dropped(const state& in, message which) {
    const auto heard = in.last_heard(which);
    return heard && was_revoked(in) && in.calls.at(static_cast<std::size_t>(which)).is_yes &&
           *heard < in.revoked_at + memory.count();
}

// What the rules say that a replica finds where no revocation is in force. A fence, a purge or a revocation
// ends later than whatever it is about, so that it does not matter here whether it has ended.
struct expected {
    cache_state state = cache_state::miss;
    int asked = -1;
};
expected rules_for(const state& in, answers which) {
    const call* last = nullptr;
    for (const auto each : {message::of_a, message::of_b}) {
        const auto& own = in.calls.at(static_cast<std::size_t>(each));
        if (!in.first_heard(each) || (which == answers::kept && is_dropped(in, each))) continue;
        if (last == nullptr || own.asked > last->asked) last = &own;
    }
    if (last == nullptr) return {};
    const bool is_purged = in.first_heard(message::purge) && last->asked <= in.purged_at;
    const auto life = last->is_yes ? ttl : negative_ttl;
    if (is_purged || in.now >= last->asked + life.count()) return {};
    return {last->is_yes ? cache_state::hit : cache_state::negative, last->asked};
}

// An entry that is over is as good as none.
bool is(const finding& found, const expected& want) {
    const auto state = found.state == cache_state::expired ? cache_state::miss : found.state;
    if (state != want.state) return false;
    return state == cache_state::miss || found.asked == start + std::chrono::milliseconds(want.asked);
}

}  // namespace

real_core::real_core()
    : facts_({.accepted = most_entries,
              .refused = most_entries,
              .revoked = most_entries,
              .memory = 24h,
              .fences = memory}) {
    clock_.look(start, 5000s);
    clock_.sample({there, 5000s, 5000s + 1ms});
    rules_.keys = {key_id{1}};
}

void real_core::hear_of_other_tokens(time_point local) {
    const auto other = mixed_key(2 + others_++);
    const auto long_ago = local - 2 * memory;
    facts_.refuse(other, {reason::token_invalid, long_ago, long_ago}, local);
    facts_.revoke(other, local, local);
}

void real_core::hear(const fleet_message& said, int now) {
    const auto local = start + std::chrono::milliseconds(now);
    hear_of_other_tokens(local);
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

real_core core_after(const state& in) {
    real_core own;
    for (const auto& each : std::span(in.heard).first(in.heard_count))
        own.hear(said_of(each.which, in), each.at);
    return own;
}

bool agrees(const finding& found, const state& in) {
    if (was_revoked(in) && in.now < in.revoked_at + memory.count())
        return found.state == cache_state::negative && found.reason == reason::token_revoked;
    if (is(found, rules_for(in, answers::all))) return true;
    if (!is_dropped(in, message::of_a) && !is_dropped(in, message::of_b)) return false;
    // A yes that was dropped may be missed, and may have taken an earlier no with it: that costs calls.
    return is(found, {}) || is(found, rules_for(in, answers::kept));
}

}  // namespace fleet_model
