#pragma once
// What is known of the tokens of one shard of token_facts: which Gate vouched for, which it refused, which
// were revoked here. Facts, never decisions (rule 11), and digests, never tokens. Pure: time is passed in.
// Not thread-safe. Everything but purge and limit_ttl is O(1).
//
// The order in which facts come in does not matter; the times that they carry do:
// - A revocation outlasts every answer, earlier or later, until its end (rule 13).
// - Of two answers the one that was asked for later counts, be its own life over or not. Of two that were
//   asked for at the same time: the refusal; then the greater account or reason, then the longer life.
// - A purge voids what was asked for at its time or before, also what comes in later. What it voids is kept
//   as expired: the token is still one that Gate has accepted, whose next call has a lane of its own.
// - Nothing but a later answer gives an entry more life: no hit does (rule 12).

#include <gate/auth/compact_text.hpp>
#include <gate/auth/decision.hpp>
#include <gate/auth/entry_table.hpp>
#include <gate/auth/purge_fences.hpp>

#include <string_view>

namespace gate::auth {

// Gate's word for a token.
struct vouched {
    std::string_view account_id;
    core::time_point asked;        // when Gate was asked
    core::time_point fresh_until;  // `asked` or earlier: never to be used for another request
    core::time_point refresh_at = core::never;
};

// Gate's word against a token.
struct refused {
    core::reason reason = core::reason::none;  // none: there is no such word
    core::time_point asked;
    core::time_point until;  // `asked` or earlier: never to be used for another request
};

// What a request is told that comes now.
struct finding {
    cache_state state = cache_state::miss;     // hit, negative, expired or miss
    core::reason reason = core::reason::none;  // of negative
    bool refresh = false;          // of hit: its refresh_at has come, and no other request was told
    core::time_point asked;        // of all but miss
    core::time_point fresh_until;  // of hit and expired
};

// All that is remembered, its life over or not.
struct recollection {
    bool is_revoked = false;
    bool was_accepted = false;
    bool is_purged = false;        // of accepted: asked for before a purge that was about it
    core::time_point asked;        // of accepted
    core::time_point fresh_until;  // of accepted
    refused last_refusal;          // since it was accepted last; remembered for 10 s at least
};

// What became of an answer that vouches for a token.
struct learnt {
    core::reason refused_for = core::reason::none;  // none: it counts
    core::time_point fresh_until;                   // as long as this, which a purge has shortened
    bool is_purged = false;                         // by a purge at `asked` or later
};

class fact_shard {
public:
    struct bounds {
        std::size_t accepted = 0;
        std::size_t refused = 0;
        std::size_t revoked = 0;
        core::duration memory{
            0};  // accepted tokens are known for so long after they have expired, given room
        // Longer than an answer can be on its way or in use: so long, refusals and purges void earlier ones.
        core::duration fences{10'000};
    };
    explicit fact_shard(const bounds& most);

    // Between two hits that are told that their entry should be refreshed.
    static constexpr std::chrono::seconds refresh_pause{1};

    // `take(account_id)` is called for a hit: it copies the view. Allocates nothing.
    template <class Take>
    finding find(const token_key& key, core::time_point now, Take&& take) {
        finding out;
        accepted_.find(key, [&](accepted& known) {
            const bool fresh = now < known.fresh_until;
            out = {fresh ? cache_state::hit : cache_state::expired, core::reason::none, false, known.asked,
                   known.fresh_until};
            if (!fresh) return false;
            if (now >= known.refresh_at) {
                out.refresh = true;
                known.refresh_at = now + refresh_pause;
            }
            take(known.account_id.view());
            return true;
        });
        if (out.state != cache_state::hit) find_refusal(key, now, out);
        return out;
    }

    // `take(account_id)` is called for a token that was accepted. Allocates nothing.
    template <class Take>
    recollection recall(const token_key& key, core::time_point now, Take&& take) {
        recollection out;
        out.is_revoked = is_revoked(key, now);
        accepted_.find(key, [&](const accepted& known) {
            out.was_accepted = true;
            out.is_purged = purges_.voids(known.asked, key, known.account_id.view());
            out.asked = known.asked;
            out.fresh_until = known.fresh_until;
            take(known.account_id.view());
            return now < known.fresh_until;
        });
        refused_.find(key, [&](const refused& known) {
            out.last_refusal = known;
            return now < known.until;
        });
        return out;
    }

    bool is_revoked(const token_key& key, core::time_point now);

    learnt learn(const token_key& key, vouched fact, core::time_point now);
    // False: a purge has voided it.
    bool refuse(const token_key& key, refused fact, core::time_point now);
    void revoke(const token_key& key, core::time_point at, core::time_point until);
    // How many entries it has voided that were in use, or refusals.
    std::size_t purge(const purge_scope& which, core::time_point at);
    // Whether such a purge, or a later one, is remembered: then purge() would change nothing.
    bool is_purged(const purge_scope& which, core::time_point at) const { return purges_.holds(which, at); }
    // No answer is used for longer than this after Gate was asked.
    void limit_ttl(core::duration ttl, core::duration negative_ttl);
    // For refusals and purges from now on, see bounds.
    void remember_fences_for(core::duration span) noexcept { fences_ = span; }
    // The clock that all times here are by has been set on by `span`: they are as old as before.
    void move_back(core::time_point::duration span);

    std::size_t accepted_size() const noexcept { return accepted_.size(); }  // expired ones included
    std::size_t refused_size() const noexcept { return refused_.size(); }

private:
    struct accepted {
        core::time_point asked;
        core::time_point fresh_until;
        core::time_point refresh_at;
        compact_text account_id;
    };
    struct revocation {
        core::time_point at;
        core::time_point until;
    };

    void find_refusal(const token_key& key, core::time_point now, finding& out);

    core::duration memory_;
    core::duration fences_;
    purge_fences purges_;
    entry_table<accepted> accepted_;
    entry_table<refused> refused_;
    entry_table<revocation> revoked_;
};

// What an accepted or refused token takes at most: its place in a chunk (128 bytes of 4 KiB and 80 that the
// heap needs to align it), two buckets, a fingerprint of one that was evicted (2 to 4 bytes), and an account
// id that is too long for its place (at most identity::max_account_id and 16 for the heap). With the usual
// account id: 141 bytes.
inline constexpr std::size_t max_entry_bytes = 128 + 80 / 32 + 1 + 8 + 4 + 256 + 16;

}  // namespace gate::auth
