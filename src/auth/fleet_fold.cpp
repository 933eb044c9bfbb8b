#include <gate/auth/fleet_fold.hpp>

#include <algorithm>

namespace gate::auth {
namespace {

using core::reason;
using std::chrono::seconds;

// How far the store's clock, and a sender's wall clock, may be ahead of what we take them for.
constexpr seconds store_tolerance{1};
constexpr seconds wall_tolerance{5};
constexpr std::chrono::hours longest_pause{1};
// An answer to a call comes by gate.timeout, and is known everywhere shortly after it.
constexpr seconds least_margin{10};
constexpr seconds after_call{5};
constexpr seconds slack_of_call{1};

bool shares_a_key(const fleet_message& message, const fleet_rules& rules) {
    return std::ranges::find_first_of(message.keys, rules.keys) != message.keys.end();
}

// Which messages only count from replicas of the same organization.
bool needs_common_key(fleet_kind kind) {
    return kind == fleet_kind::verdict || kind == fleet_kind::failure || kind == fleet_kind::pause ||
           kind == fleet_kind::key_refused;
}

core::time_point::duration local(std::chrono::system_clock::duration span) {
    return std::chrono::duration_cast<core::time_point::duration>(span);
}

// A moment that came before `latest`, also where a clock has been set back since.
core::time_point at_most(core::time_point when, core::time_point latest) {
    return std::min(when, latest);
}

core::time_point end_of(const fleet_message& message, core::time_point asked, core::duration ttl) {
    return asked + std::min<core::time_point::duration>(ttl, message.life);
}

// A refusal counts always: as asked for now, where the store's clock was ahead when it was made. Else a
// replica that comes after a fail-over to a clock that is behind would believe an older yes.
refused fold_refusal(const fleet_message& message, core::time_point asked, const fleet_rules& rules,
                     const fleet_moment& at) {
    const auto when = asked > at.now + store_tolerance ? at.now : asked;
    return {message.refused_for, when, end_of(message, when, rules.negative_ttl)};
}

fleet_changed fold_verdict(const fleet_message& message, const fleet_rules& rules, const fleet_clock& clock,
                           const fleet_moment& at) {
    const auto said = clock.to_local(message.at);
    if (message.refused_for != reason::none) return fold_refusal(message, said, rules, at);
    if (said > at.now + store_tolerance || message.verified_at > at.wall_now + wall_tolerance)
        return fleet_defect::future;
    // No later than 5 s after the sender's wall clock says: so no yes becomes younger by a jump of the
    // store's clock, beats a later no, or is used for longer than verified_at + own TTL + 5 s.
    const auto latest = at.now + local(message.verified_at - at.wall_now) + wall_tolerance;
    const auto asked = std::min(said, latest);
    const auto until = end_of(message, asked, rules.ttl);
    fleet_change::accepted out{{message.account, asked, until}, said > latest};
    if (rules.refresh_ahead && message.life.count() > 0)
        out.fact.refresh_at = fleet_refresh_point(asked, until, *message.token);
    return out;
}

// News for as long as its call can have been waited for. Later it is one that is read again, or that somebody
// who can write to the store has sent again: no request fails because of it.
fleet_changed fold_failure(const fleet_message& message, const fleet_rules& rules, const fleet_clock& clock,
                           const fleet_moment& at) {
    const auto asked = clock.to_local(message.at);
    if (asked > at.now + store_tolerance) return fleet_defect::future;
    if (at.now - asked >= rules.longest_call()) return fleet_change::nothing{};
    return fleet_change::failed{message.refused_for, asked};
}

// As with a failure.
fleet_changed fold_release(const fleet_message& message, const fleet_rules& rules, const fleet_clock& clock,
                           const fleet_moment& at) {
    const auto when = clock.to_local(message.at);
    if (when > at.now + store_tolerance) return fleet_defect::future;
    if (at.now - when >= rules.longest_call()) return fleet_change::nothing{};
    return fleet_change::released{};
}

// One of so long ago that nothing from before it is in use changes nothing, however often it is sent again.
fleet_changed fold_purge(const fleet_message& message, const fleet_rules& rules, const fleet_clock& clock,
                         const fleet_moment& at) {
    const auto when = at_most(clock.to_local(message.at), at.now);
    if (at.now - when >= rules.memory()) return fleet_change::nothing{};
    fleet_change::purged out{{}, when};
    if (!message.fingerprint.empty()) {
        out.scope = {purge_scope::kind::token, message.fingerprint};
    } else if (!message.account.empty()) {
        out.scope = {purge_scope::kind::account, message.account};
    }
    return out;
}

}  // namespace

core::duration fleet_rules::memory() const noexcept {
    return ttl + grace + std::max<core::duration>(least_margin, gate_timeout + after_call);
}

core::duration fleet_rules::longest_call() const noexcept {
    return gate_timeout + slack_of_call;
}

fleet_changed fold(const fleet_message& message, const fleet_rules& rules, const fleet_clock& clock,
                   const fleet_moment& at) {
    if (!clock.is_known()) return fleet_defect::future;
    if (needs_common_key(message.kind) && !shares_a_key(message, rules)) return fleet_defect::foreign;
    const auto memory_ends = at.now + rules.memory();
    switch (message.kind) {
        case fleet_kind::verdict: return fold_verdict(message, rules, clock, at);
        case fleet_kind::failure: return fold_failure(message, rules, clock, at);
        case fleet_kind::revocation: {
            // At least for as long as answers from before it are used here, whatever TTL its sender has.
            const auto when = at_most(clock.to_local(message.at), at.now);
            const auto until =
                at_most(std::max(clock.to_local(message.until), when + rules.memory()), memory_ends);
            if (until <= at.now) return fleet_change::nothing{};
            return fleet_change::revoked{when, until};
        }
        case fleet_kind::purge: return fold_purge(message, rules, clock, at);
        case fleet_kind::pause: {
            const auto until = at_most(clock.to_local(message.until), at.now + longest_pause);
            if (until <= at.now) return fleet_change::nothing{};
            return fleet_change::paused{until};
        }
        case fleet_kind::block:
            if (message.until <= message.at) return fleet_change::blocked{message.at, at.now};
            return fleet_change::blocked{
                message.at, message.until >= store_never ? core::never : clock.to_local(message.until)};
        case fleet_kind::key_refused: return fleet_change::key_refused{};
        case fleet_kind::release: return fold_release(message, rules, clock, at);
    }
    return fleet_defect::malformed;
}

std::optional<gate_figure> figure_of(const fleet_message& message, const fleet_rules& rules,
                                     const fleet_clock& clock, const fleet_moment& at) {
    if (message.kind != fleet_kind::verdict || !message.limit || !message.remaining) return {};
    if (!clock.is_known() || !shares_a_key(message, rules) || *message.limit == 0) return {};
    const auto asked = clock.to_local(message.at);
    if (asked > at.now + store_tolerance) return {};
    return gate_figure{*message.limit, std::min(*message.remaining, *message.limit), asked};
}

core::time_point fleet_refresh_point(core::time_point asked, core::time_point until, const token_id& token) {
    std::uint32_t spread = 2'166'136'261;  // FNV-1a
    for (const char each : token.text) spread = (spread ^ static_cast<std::uint8_t>(each)) * 16'777'619U;
    const double share = 0.9 + 0.08 * static_cast<double>(spread) * 0x1.0p-32;
    const auto life = static_cast<double>((until - asked).count());
    return asked + core::time_point::duration{static_cast<core::time_point::rep>(life * share)};
}

}  // namespace gate::auth
