#pragma once
// What a replica knows of tokens: the fold of fleet.md over a map, in the replica's own time. Written for
// reading, beside the real one.

#include <gate/auth/fleet_message.hpp>
#include <gate/core/clock.hpp>

#include <algorithm>
#include <unordered_map>

namespace gate::simulation {

class modelled_fold {
public:
    // `memory`: TTL + grace + 10 s; as long as a verdict fences, and a revocation lasts.
    modelled_fold(core::duration ttl, core::duration negative_ttl, core::duration memory)
        : ttl_(ttl), negative_ttl_(negative_ttl), memory_(memory) {}

    struct verdict {
        bool accepted = false;
        core::time_point asked;
        core::time_point until;
    };

    struct view {
        bool is_revoked = false;
        bool was_accepted = false;
        bool is_fresh = false;  // the verdict may be used
        verdict last{};
    };
    view find(std::uint64_t token, core::time_point now) const {
        view out;
        const auto found = tokens_.find(token);
        if (found == tokens_.end()) return out;
        const auto& known = found->second;
        out.is_revoked = now < known.revoked_until;
        out.was_accepted = known.was_accepted && now - known.last.asked < memory_;
        out.is_fresh = now < known.last.until;
        out.last = known.last;
        return out;
    }

    // `life` is the sender's; the end is never later than our own TTL allows, nor than `latest`.
    void learn(std::uint64_t token, bool accepted, core::time_point asked, core::duration life,
               core::time_point latest, core::time_point now) {
        auto& known = tokens_[token];
        const bool is_older =
            asked < known.last.asked || (asked == known.last.asked && accepted > known.last.accepted);
        const bool still_fences = now - known.last.asked < memory_;
        if (is_older && still_fences) return;
        const auto own = accepted ? ttl_ : negative_ttl_;
        known.last = {accepted, asked, std::min(asked + std::min(own, life), latest)};
        known.was_accepted = accepted;
    }

    void revoke(std::uint64_t token, core::time_point until, core::time_point now) {
        auto& known = tokens_[token];
        known.revoked_until = std::max(known.revoked_until, std::min(until, now + memory_));
        known.was_accepted = false;
    }

private:
    struct entry {
        verdict last{};
        bool was_accepted = false;
        core::time_point revoked_until{};
    };

    core::duration ttl_;
    core::duration negative_ttl_;
    core::duration memory_;
    std::unordered_map<std::uint64_t, entry> tokens_;
};

}  // namespace gate::simulation
