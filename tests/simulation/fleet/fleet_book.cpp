#include "fleet_book.hpp"

#include <algorithm>

namespace gate::simulation {
namespace {

constexpr core::duration longest_stretch{5'000};
constexpr core::duration time_to_recover{3'000};
// A refused token may be asked about again after half a TTL; the clocks are known but for a round trip.
constexpr core::duration imprecision{50};
constexpr core::duration least_delay_that_is_wrong{1'000};

core::duration whole(core::time_point::duration span) {
    return std::chrono::duration_cast<core::duration>(span);
}

}  // namespace

void fleet_book::note_call(std::uint64_t token, core::time_point now) {
    if (token >= first_bad_token) return;
    auto& last = last_call_[token];
    const bool is_first = last == core::time_point{};
    const bool is_early = !is_first && now - last < cell_.ttl / 2 - imprecision;
    if (is_early && is_measured(now) && !is_revoked(token)) {
        ++sums_.repeated_calls;
        if (last >= recovered_from()) ++sums_.repeated_later;
    }
    last = now;
    if (!is_measured(now)) return;
    auto& own = calls_[token];
    if (own.count++ == 0) own.first = now;
    own.last = now;
}

core::time_point fleet_book::recovered_from() const {
    core::duration end{0};
    for (const auto& each : cell_.store_troubles) end = std::max(end, each.when.to);
    return began_ + end + time_to_recover;
}

void fleet_book::note_answer(std::uint64_t token, bool accepted, core::time_point asked) {
    auto& own = words_[token];
    if (accepted) {
        own.yes = std::max(own.yes, asked);
    } else if (asked > own.no) {
        own.no = asked;
        own.no_came = core::never;
    }
}

void fleet_book::note_refusal_heard(std::uint64_t token, core::time_point now) {
    auto& own = words_[token];
    own.no_came = std::min(own.no_came, now);
}

// By what Gate and the operators have said, whatever the clocks of the fleet say.
bool fleet_book::is_wrong(std::uint64_t token, core::time_point came) const {
    const auto found = words_.find(token);
    if (found == words_.end() || came - found->second.yes > cell_.ttl + longest_stretch) return true;
    const auto& own = found->second;
    if (!cell_.is_shared) return false;
    if (own.no > own.yes && came - least_delay_that_is_wrong > own.no_came) return true;
    const auto revoked = revoked_.find(token);
    return revoked != revoked_.end() && came > revoked->second + least_delay_that_is_wrong;
}

void fleet_book::note_served(std::uint64_t token, core::time_point came, core::time_point asked,
                             core::time_point now) {
    if (token >= first_bad_token) return;
    const bool passed = asked != core::never;
    const auto own = words_.find(token);
    const bool is_refused = own != words_.end() && own->second.no != core::time_point{};
    if (passed) {
        sums_.worst_age = std::max(sums_.worst_age, whole(came - asked));
        if (is_wrong(token, came)) ++sums_.wrong;
    }
    if (is_refused || is_revoked(token) || !is_measured(came)) return;
    ++sums_.requests;
    if (!passed) ++sums_.refused;
    sums_.slowest = std::max(sums_.slowest, now - came);
}

void fleet_book::note_revoked(std::uint64_t token, core::time_point now) {
    revoked_.emplace(token, now);
    ++sums_.revocations;
}

void fleet_book::note_heard(std::uint64_t token, std::size_t replica, core::time_point now) {
    heard_[token].emplace(replica, now);
}

fleet_figures fleet_book::add_up() const {
    auto out = sums_;
    double calls = 0;
    double lives = 0;
    for (const auto& [token, own] : calls_) {
        if (own.count < 2) continue;
        calls += static_cast<double>(own.count - 1);
        lives +=
            std::chrono::duration<double>(own.last - own.first) / std::chrono::duration<double>(cell_.ttl);
    }
    if (lives > 0) out.calls_per_ttl = calls / lives;
    std::vector<core::time_point::duration> delays;
    for (const auto& [token, at] : revoked_) {
        const auto heard = heard_.find(token);
        for (std::size_t i = 0; i < cell_.base.replicas; ++i) {
            if (heard == heard_.end() || !heard->second.contains(i)) {
                delays.push_back(cell_.base.length);  // never
            } else {
                delays.push_back(heard->second.at(i) - at);
            }
        }
    }
    if (delays.empty()) return out;
    std::ranges::sort(delays);
    out.revocation_worst = delays.back();
    out.revocation_p99 = delays[delays.size() * 99 / 100 - (delays.size() * 99 % 100 == 0 ? 1 : 0)];
    return out;
}

}  // namespace gate::simulation
