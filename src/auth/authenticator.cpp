#include <gate/auth/authenticator.hpp>

#include <algorithm>
#include <utility>

namespace gate::auth {
namespace {

using core::reason;

core::duration since(core::time_point begin, core::time_point now) {
    return std::chrono::duration_cast<core::duration>(now - begin);
}

decision unanswered(verdict what, reason why, std::chrono::seconds retry_after = {}) {
    decision out;
    out.verdict = what;
    out.reason = why;
    out.retry_after = retry_after;
    return out;
}

decision decision_of(outcome&& from) {
    decision out;
    out.verdict = from.verdict;
    out.reason = from.reason;
    out.identity = from.identity;
    out.retry_after = from.retry_after;
    out.fresh_until = from.fresh_until;
    out.request_id = std::move(from.request_id);
    out.gate_status = from.gate_status;
    return out;
}

}  // namespace

authenticator::authenticator(shared_state& shared, token_verifier& verifier, core::executor executor,
                             const config::cache_options& cache, const config::gate_options& gate,
                             const config::auth_options& auth)
    : shared_(shared), blocked_(shared.blocked), verifier_(verifier), executor_(executor) {
    configure(cache, gate, auth);
}

void authenticator::configure(const config::cache_options& cache, const config::gate_options& gate,
                              const config::auth_options& auth) {
    cache_ = cache;
    gate_timeout_ = gate.timeout;
    late_after_ = std::min(gate.circuit.slow_after, gate.timeout * 3 / 4);
    identity_begin_ = auth.header_name + ": ";
}

bool authenticator::find(const token_key& key, core::time_point now, decision& out) {
    const auto known = shared_.facts.find(
        key, now, [&](std::string_view account) { out.identity.assign(identity_begin_, account); });
    if (known.state == cache_state::hit) {
        out.verdict = verdict::allow;
        out.reason = reason::token_verified;
        out.cache = cache_state::hit;
        out.age = since(known.asked, now);
        out.fresh_until = known.fresh_until;
        out.refresh = known.refresh;
        return true;
    }
    if (known.state != cache_state::negative) return false;
    out.verdict = verdict::deny;
    out.reason = known.reason;
    out.cache = cache_state::negative;
    out.age = since(known.asked, now);
    return true;
}

std::optional<decision> authenticator::find(const token_key& key, core::time_point now) {
    std::optional<decision> out(std::in_place);
    if (!find(key, now, *out)) out.reset();
    return out;
}

bool authenticator::confirm(const token_key& key, core::time_point now, decision& made) {
    identity who;
    const auto known = shared_.facts.recall(
        key, now, [&](std::string_view account) { who.assign(identity_begin_, account); });
    if (known.is_revoked) {
        made = unanswered(verdict::deny, reason::token_revoked);
        return true;
    }
    if (known.was_accepted && now < vouches_until(known)) {
        made.reason = reason::token_verified;
        made.identity = who;
        if (made.cache == cache_state::stale) made.cache = cache_state::hit;
        made.age = since(known.asked, now);
        made.fresh_until = known.fresh_until;
        return true;
    }
    if (now >= known.last_refusal.until) return false;
    made = unanswered(verdict::deny, known.last_refusal.reason);
    made.cache = cache_state::negative;
    return true;
}

core::task<decision> authenticator::verify(std::string_view token, token_key key,
                                           std::optional<client_id> from, core::time_point deadline) {
    const auto began = shared_.time.now();
    const auto before = shared_.facts.recall(key, began, [](std::string_view) {});
    if (before.is_revoked) co_return unanswered(verdict::deny, reason::token_revoked);
    auto state = before.was_accepted ? cache_state::expired : cache_state::miss;
    const auto which = state == cache_state::miss ? lane::unknown : lane::known;
    if (which == lane::unknown) {
        const auto turn = throttled(from);
        if (turn.step == admission::kind::refuse)
            co_return unanswered(verdict::deny, turn.reason, turn.retry_after);
    }
    auto seat = shared_.flights.join(key);
    if (!seat) {
        auto busy = unanswered(verdict::unavailable, reason::gate_busy);
        if (may_begin_grace(which, false)) fall_back_on_grace(key, busy);
        co_return busy;
    }

    if (seat->leads()) {
        // Between the caller's look into the caches and now, another flight of this token may have landed.
        if (auto known = find(key, began)) {
            shared_.flights.land(
                seat->id(),
                {known->verdict, known->reason, known->identity, known->fresh_until, {}, {}, false});
            co_return std::move(*known);
        }
        start(token, seat->id(), which, from);
    } else {
        state = cache_state::coalesced;
    }
    auto landed = co_await shared_.flights.wait(std::move(*seat), executor_, deadline);
    const bool may_outlive_ttl = landed.may_outlive_ttl;
    if (landed.from_fleet && state != cache_state::coalesced) state = cache_state::fleet;
    auto out = decision_of(std::move(landed));
    out.cache = state;
    if (out.reason == reason::token_throttled && state == cache_state::coalesced) {
        // It is the leader's address that has sent too many: this one is told so only of its own.
        const auto turn = throttled(from);
        out.verdict = turn.step == admission::kind::refuse ? verdict::deny : verdict::unavailable;
        out.reason = turn.step == admission::kind::refuse ? turn.reason : reason::gate_busy;
        out.retry_after = turn.retry_after;
    }
    if (out.verdict == verdict::unavailable && may_begin_grace(which, may_outlive_ttl))
        fall_back_on_grace(key, out);
    co_return out;
}

admission authenticator::throttled(const std::optional<client_id>& who) {
    if (!who) return {admission::kind::go, reason::none, {}, false};
    const auto left = shared_.failures.time_left(*who, shared_.time.now());
    if (left.count() == 0) return {admission::kind::go, reason::none, {}, false};
    return {admission::kind::refuse, reason::token_throttled, left, false};
}

// Whether a known token that got no answer has met Gate's failure, whatever it was refused for here.
bool authenticator::may_begin_grace(lane which, bool own_call_failed) const {
    if (which == lane::unknown || cache_.grace.count() == 0) return false;
    return own_call_failed || shared_.calls.is_open(lane::known);
}

// cache.grace. Not for an entry that was never to be used, or is not any more.
void authenticator::fall_back_on_grace(const token_key& key, decision& out) {
    if (cache_.grace.count() == 0) return;
    const auto now = shared_.time.now();
    identity who;
    const auto known = shared_.facts.recall(
        key, now, [&](std::string_view account) { who.assign(identity_begin_, account); });
    if (!known.was_accepted || known.fresh_until <= known.asked) return;
    if (now >= known.fresh_until + cache_.grace || known.is_revoked) return;
    out.verdict = verdict::allow;
    out.reason = reason::token_grace;
    out.identity = who;
    out.cache = cache_state::stale;
    out.age = since(known.asked, now);
    out.fresh_until = known.fresh_until;
}

authenticator::renewal authenticator::renew(std::string_view token, const token_key& key,
                                            std::string_view account_id, core::time_point now) {
    bool same = true;
    const auto known =
        shared_.facts.recall(key, now, [&](std::string_view account) { same = account == account_id; });
    if (known.is_revoked) return {verdict::deny, reason::token_revoked, {}};
    if (const auto until = vouches_until(known); known.was_accepted && now < until) {
        if (!same) return {verdict::deny, reason::token_invalid, {}};
        if (now >= renewal_point(known.asked, until)) start_unattended(token, key, lane::known);
        return {verdict::allow, reason::none, until};
    }
    if (const auto no = known.last_refusal.reason; no != reason::none) return {verdict::deny, no, {}};
    start_unattended(token, key, lane::known);
    return {};
}

// The deadline up to which an entry is valid for requests that are being served already. An answer that no
// other request may use does so for a TTL: else each of them would cost a call as often as somebody looks.
// One that was purged does not.
core::time_point authenticator::vouches_until(const recollection& known) const {
    if (known.fresh_until > known.asked || known.is_purged) return known.fresh_until;
    return known.asked + (cache_.ttl.count() > 0 ? cache_.ttl : config::cache_options{}.ttl);
}

void authenticator::start_unattended(std::string_view token, const token_key& key, lane which) {
    const auto seat = shared_.flights.join(key);
    if (seat && seat->leads()) start(token, seat->id(), which, std::nullopt);
}

}  // namespace gate::auth
