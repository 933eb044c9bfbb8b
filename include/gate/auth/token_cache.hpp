#pragma once
// What Gate has said lately, shared by all workers: facts, never decisions (rule 11), and digests, never
// tokens. Refusals live in a store of their own with a bound of their own, so that random tokens cannot push
// out good ones (rule 12). A hit never prolongs an entry. Thread-safe. All but size() is O(1), and locks one
// shard.
//
// The bound on entries is one on bytes too, so that there is no second option for it: see max_entry_bytes.

#include <gate/auth/compact_text.hpp>
#include <gate/auth/decision.hpp>
#include <gate/auth/sharded_table.hpp>

#include <algorithm>

namespace gate::auth {

// A token that Gate has vouched for.
struct vouched {
    std::string_view account_id;
    core::time_point asked;        // when Gate was asked
    core::time_point fresh_until;  // `asked` or earlier: never to be used
    core::time_point refresh_at = core::never;
};

class token_cache {
public:
    // Which entry of a full shard goes first: s3_fifo. Entries are kept for `memory` after they have expired
    // unless the room is needed: a token that Gate has accepted before is worth a call, and one that was
    // never seen is not. Memory grows with use.
    explicit token_cache(std::size_t max_entries, core::duration memory = std::chrono::seconds(60),
                         std::size_t shards = 16);

    // Between two hits that are told that their entry should be refreshed.
    static constexpr std::chrono::seconds refresh_pause{1};

    struct lookup {
        cache_state state = cache_state::miss;  // hit, miss or expired
        bool refresh = false;    // of a hit: refresh_at has come, and no other request was told
        core::time_point asked;  // of hit and expired
        core::time_point fresh_until;
    };

    // `take(account_id)` is called for hit and expired, under the lock of the shard: it copies the view, and
    // must not come back to the cache. Allocates nothing.
    template <class Take>
    lookup find(const token_key& key, core::time_point now, Take&& take) {
        lookup out;
        table_.find(key, [&](entry& found) {
            const bool fresh = now < found.fresh_until;
            out = {fresh ? cache_state::hit : cache_state::expired, false, found.asked, found.fresh_until};
            if (fresh && now >= found.refresh_at) {
                out.refresh = true;
                found.refresh_at = now + refresh_pause;
            }
            take(found.account_id.view());
            return fresh;
        });
        return out;
    }
    lookup find(const token_key& key, core::time_point now);

    void put(const token_key& key, const vouched& facts, core::time_point now);
    // See sharded_table::put_if.
    template <class MayEnter>
    bool put_if(const token_key& key, const vouched& facts, core::time_point now, MayEnter&& may_enter) {
        entry made{facts.asked, facts.fresh_until, facts.refresh_at, compact_text(facts.account_id)};
        return table_.put_if(key, std::move(made), may_enter,
                             [&](const entry& old) { return now - old.fresh_until >= memory_; });
    }
    bool erase(const token_key& key);

    // No entry of which `is_meant(key, account_id)` is true is used any more; its token stays known. How many
    // were fresh. O(n).
    template <class IsMeant>
    std::size_t expire_if(core::time_point now, IsMeant&& is_meant) {
        std::size_t count = 0;
        table_.for_each([&](const token_key& key, entry& each) {
            if (!is_meant(key, each.account_id.view())) return false;
            if (now < each.fresh_until) ++count;
            each.fresh_until = std::min(each.fresh_until, each.asked);
            return false;
        });
        return count;
    }

    // No entry is used for longer than `ttl` after Gate was asked. O(n).
    void limit_ttl(core::duration ttl);

    std::size_t size() const;  // expired entries included

private:
    struct entry {
        core::time_point asked;
        core::time_point fresh_until;
        core::time_point refresh_at;
        compact_text account_id;
    };

    sharded_table<entry> table_;
    core::duration memory_;
};

// A token that Gate has refused.
struct refused {
    core::reason why = core::reason::none;  // none: no such entry
    core::time_point asked;
    core::time_point until;
};

class negative_cache {
public:
    explicit negative_cache(std::size_t max_entries, std::size_t shards = 16);

    // `why` is none unless the token is refused at `now`. Allocates nothing.
    refused find(const token_key& key, core::time_point now);
    // Why the token was refused last, even if that may not be used for a request any more; none: it was
    // not, or was accepted since. Remembered for 10 s, and longer where there is room.
    core::reason last_word(const token_key& key);

    void put(const token_key& key, refused entry, core::time_point now);
    bool erase(const token_key& key);
    // Removes those of which `is_meant(key)` is true; how many. O(n).
    template <class IsMeant>
    std::size_t erase_if(IsMeant&& is_meant) {
        std::size_t count = 0;
        table_.for_each([&](const token_key& key, const refused&) {
            const bool meant = is_meant(key);
            count += meant ? 1 : 0;
            return meant;
        });
        return count;
    }
    // As of token_cache.
    void limit_ttl(core::duration ttl);

    std::size_t size() const;

private:
    sharded_table<refused> table_;
};

// What an entry of either cache takes at most: its place in a chunk (128 bytes of 4 KiB and 80 that the heap
// needs to align it), two buckets, a fingerprint of one that was evicted (2 to 4 bytes), and an account id
// that is too long for its place (at most identity::max_account_id and 16 for the heap). With the usual
// account id: 141 bytes.
inline constexpr std::size_t max_entry_bytes = 128 + 80 / 32 + 1 + 8 + 4 + 256 + 16;

}  // namespace gate::auth
