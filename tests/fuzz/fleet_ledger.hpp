#pragma once
// What Gate and the operators have said of tokens, as far as it has reached one replica, and therefore what
// this replica may allow at most. In real time, whatever any clock says.

#include <gate/core/clock.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <vector>

namespace gate::fuzz {

class fleet_ledger {
public:
    static constexpr std::size_t tokens = 5;
    // By so much a lying clock may stretch what another replica has said.
    static constexpr std::chrono::seconds stretch{5};
    // Sleeps shorter than this go unnoticed: the two clocks are not read in the same instant.
    static constexpr std::chrono::milliseconds unnoticed{250};

    explicit fleet_ledger(core::duration ttl) : ttl_(ttl) { purged_.fill(core::time_point::min()); }

    // This replica's own call, begun at `asked`.
    void add_own_yes(std::size_t token, core::time_point asked) {
        yes_[token].push_back({asked, asked + ttl_, asked + ttl_});
    }
    void add_heard_yes(std::size_t token, core::time_point asked, std::chrono::microseconds life) {
        const auto usable = std::min<std::chrono::microseconds>(life, ttl_);
        yes_[token].push_back({asked, asked + usable + stretch, asked + ttl_ + stretch});
    }
    void add_revocation(std::size_t token, core::time_point until) {
        revoked_[token] = std::max(revoked_[token], until);
    }
    void add_purge(std::size_t token, core::time_point at) { purged_[token] = std::max(purged_[token], at); }
    void note_sleep() { slack_ = unnoticed; }

    // A request that comes now.
    bool may_allow(std::size_t token, core::time_point now) const {
        return is_good(token, now, &yes::usable_until);
    }
    // A request that has waited for an answer, or that was let pass before: for them the answer's own life
    // does not count.
    bool may_confirm(std::size_t token, core::time_point now) const {
        return is_good(token, now, &yes::good_until);
    }

private:
    struct yes {
        core::time_point asked;
        core::time_point usable_until;
        core::time_point good_until;
    };

    // A lying clock can make an answer from before a purge look 5 s younger, and no more.
    bool is_good(std::size_t token, core::time_point now, core::time_point yes::*until) const {
        if (now < revoked_[token]) return false;
        return std::ranges::any_of(yes_[token], [&](const yes& each) {
            return now < each.*until + slack_ && each.asked + stretch + slack_ > purged_[token];
        });
    }

    core::duration ttl_;
    core::duration slack_{0};
    std::array<std::vector<yes>, tokens> yes_;
    std::array<core::time_point, tokens> revoked_{};
    std::array<core::time_point, tokens> purged_{};
};

}  // namespace gate::fuzz
