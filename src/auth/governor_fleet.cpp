// What a governor hears of other replicas.
#include <gate/auth/governor_core.hpp>

#include <algorithm>
#include <cassert>

namespace gate::auth {

// Of which lane the call was that was told so is not known: no grace comes of it.
void governor_core::pause(core::time_point until, core::time_point now) noexcept {
    const auto latest = std::min<core::time_point>(until, now + max_retry_after);
    if (latest > reopens_at_) close(latest, now, lane::unknown);
}

void governor_core::told(unsigned limit, unsigned remaining, core::time_point asked,
                         core::time_point now) noexcept {
    if (now - asked >= options_.budget.window || limit == 0) return;
    told_.add(std::min(remaining, limit), asked);
    if (asked <= view_.at) return;
    limit_ = limit;
    limit_was_told_ = true;
    view_ = {std::min<std::int64_t>(remaining, limit), asked};
}

void governor_core::withdraw(lane which, const asker& who, core::time_point now) noexcept {
    assert(under_way_ != 0 && "a call is withdrawn that was never let go");
    --under_way_;
    if (which == lane::unknown) --unknown_under_way_;
    calls_.take_back(now);
    circuits_.take_back_probe(which, who);
}

}  // namespace gate::auth
