#include <gate/auth/fact_shard.hpp>

#include <algorithm>
#include <utility>

namespace gate::auth {
namespace {

using core::reason;

bool is_greater(core::time_point asked, std::string_view account, core::time_point until,
                core::time_point known_asked, std::string_view known_account, core::time_point known_until) {
    if (asked != known_asked) return asked > known_asked;
    return account != known_account ? account > known_account : until > known_until;
}

bool is_greater(const refused& one, const refused& other) {
    if (one.asked != other.asked) return one.asked > other.asked;
    return one.reason != other.reason ? one.reason > other.reason : one.until > other.until;
}

}  // namespace

fact_shard::fact_shard(const bounds& most)
    : memory_(most.memory),
      fences_(most.fences),
      accepted_(most.accepted),
      refused_(most.refused),
      revoked_(most.revoked) {
    static_assert(sizeof(accepted) == 80, "with the 48 bytes that the table needs: two cache lines");
}

void fact_shard::find_refusal(const token_key& key, core::time_point now, finding& out) {
    revoked_.find(key, [&](const revocation& known) {
        if (now < known.until) out = {cache_state::negative, reason::token_revoked, false, known.at, {}};
        return false;
    });
    if (out.state == cache_state::negative) return;
    refused_.find(key, [&](const refused& known) {
        const bool counts = now < known.until;
        if (counts) out = {cache_state::negative, known.reason, false, known.asked, {}};
        return counts;
    });
}

bool fact_shard::is_revoked(const token_key& key, core::time_point now) {
    bool out = false;
    revoked_.find(key, [&](const revocation& known) { return out = now < known.until; });
    return out;
}

learnt fact_shard::learn(const token_key& key, vouched fact, core::time_point now) {
    bool is_void = false;  // asked for before the revocation, however late it comes
    revoked_.find(
        key, [&](const revocation& known) { return is_void = now < known.until || fact.asked <= known.at; });
    if (is_void) return {reason::token_revoked, fact.asked};
    learnt out{reason::none, fact.fresh_until};
    refused_.find(key, [&](const refused& known) {
        if (known.asked >= fact.asked) out.refused_for = known.reason;
        return false;
    });
    if (out.refused_for != reason::none) return out;
    if (purges_.voids(fact.asked, key, fact.account_id)) {
        out.is_purged = true;
        out.fresh_until = fact.fresh_until = fact.asked;
        fact.refresh_at = core::never;
    }
    bool is_outdated = false;
    accepted_.find(key, [&](const accepted& known) {
        is_outdated = !is_greater(fact.asked, fact.account_id, fact.fresh_until, known.asked,
                                  known.account_id.view(), known.fresh_until);
        return false;
    });
    if (is_outdated) return out;
    refused_.erase(key);
    accepted made{fact.asked, fact.fresh_until, fact.refresh_at, compact_text(fact.account_id)};
    accepted_.put(key, std::move(made),
                  [&](const accepted& known) { return now - known.fresh_until >= memory_; });
    return out;
}

bool fact_shard::refuse(const token_key& key, refused fact, core::time_point now) {
    const bool is_purged = purges_.voids(fact.asked, key, {});
    if (is_purged) fact.until = fact.asked;
    bool is_outdated = false;
    accepted_.find(key, [&](const accepted& known) {
        is_outdated = known.asked > fact.asked;
        return false;
    });
    refused_.find(key, [&](const refused& known) {
        is_outdated = is_outdated || !is_greater(fact, known);
        return false;
    });
    if (is_outdated) return !is_purged;
    accepted_.erase(key);
    refused_.put(key, fact, [this, now](const refused& known) {
        return now >= known.until && now - known.asked >= fences_;
    });
    return !is_purged;
}

// What needs memory comes last.
void fact_shard::revoke(const token_key& key, core::time_point at, core::time_point until) {
    accepted_.erase(key);
    revocation made{at, until};
    revoked_.find(key, [&](const revocation& known) {
        made = {std::max(made.at, known.at), std::max(made.until, known.until)};
        return true;
    });
    revoked_.put(key, made, [at](const revocation& known) { return at >= known.until; });
}

std::size_t fact_shard::purge(const purge_scope& which, core::time_point at) {
    std::size_t count = 0;
    refused_.for_each([&](const token_key& key, const refused& known) {
        const bool meant = known.asked <= at && is_about(which, key, {});
        count += meant ? 1 : 0;
        return meant;
    });
    accepted_.for_each([&](const token_key& key, accepted& known) {
        if (known.asked > at || !is_about(which, key, known.account_id.view())) return false;
        count += at < known.fresh_until ? 1 : 0;
        known.fresh_until = std::min(known.fresh_until, known.asked);
        return false;
    });
    purges_.add(which, at, fences_);
    return count;
}

void fact_shard::move_back(core::time_point::duration span) {
    const auto back = [span](core::time_point& each) {
        if (each != core::never) each -= span;
    };
    accepted_.for_each([&](const token_key&, accepted& known) {
        for (auto* each : {&known.asked, &known.fresh_until, &known.refresh_at}) back(*each);
        return false;
    });
    refused_.for_each([&](const token_key&, refused& known) {
        for (auto* each : {&known.asked, &known.until}) back(*each);
        return false;
    });
    revoked_.for_each([&](const token_key&, revocation& known) {
        for (auto* each : {&known.at, &known.until}) back(*each);
        return false;
    });
    purges_.move_back(span);
}

void fact_shard::limit_ttl(core::duration ttl, core::duration negative_ttl) {
    accepted_.for_each([ttl](const token_key&, accepted& known) {
        known.fresh_until = std::min(known.fresh_until, known.asked + ttl);
        return false;
    });
    refused_.for_each([negative_ttl](const token_key&, refused& known) {
        known.until = std::min(known.until, known.asked + negative_ttl);
        return false;
    });
}

}  // namespace gate::auth
