// What the end of a call teaches: about the budget, about Gate's health, and when to ask again.

#include <gate/auth/governor_core.hpp>

#include <algorithm>
#include <cassert>

namespace gate::auth {
namespace {

using core::reason;
using std::chrono::seconds;

constexpr int calls_per_retry = 10;
constexpr int most_retries = 10;
constexpr core::duration least_retry_delay{50};
constexpr core::duration most_retry_delay{250};

// Calls that come before Gate's door opens keep it closed. Each replica was told another time to come back,
// in whole seconds: so all wait a little longer than they were told. Where a 429 follows upon a 429 there are
// too many for what becomes free, and each that is refused takes from it: they spread out, the more so the
// more often, until each finds room. Up to 16 s.
constexpr core::duration reopening_delay{1'000};
constexpr core::duration reopening_jitter{500};
constexpr int most_doublings = 5;

bool is_answer(reason why) {
    return core::row_of(why).call == core::gate_call::answered;
}

// Gate is there.
bool is_alive(reason why) {
    return is_answer(why) || why == reason::gate_rate_limited || why == reason::gate_form_refused;
}

// What a token may bring about that something on the way to Gate does not like.
bool may_be_of_the_token(const call_result& result) {
    return result.was_sent && core::row_of(result.reason).call == core::gate_call::failed;
}

}  // namespace

bool is_odd(reason why, int status) noexcept {
    return why == reason::gate_bad_answer && status >= 400 && status <= 499 && status != 429;
}

std::span<const failed_call> governor_core::ended(lane which, const asker& who, const call_result& result,
                                                  core::time_point now) noexcept {
    assert(under_way_ != 0 && "a call ended that was never let go");
    --under_way_;
    if (which == lane::unknown) --unknown_under_way_;
    circuits_.note_end(which, who);
    for (auto more = result.calls; more > 1; --more) spent(now);
    calls_for_retries_ = std::min(most_retries * calls_per_retry, calls_for_retries_ + 1);
    look(which, result, now);
    held_.clear();
    judge(which, who, result, now);
    for (const auto& each : held_) {
        if (each.which == lane::unknown && !each.is_counted) waste(now);
    }
    return held_;
}

// What the answer tells about the budget.
void governor_core::look(lane which, const call_result& result, core::time_point now) noexcept {
    if (result.limit && *result.limit != 0) {
        limit_ = *result.limit;
        limit_was_told_ = true;
    }
    if (result.reason == reason::gate_rate_limited) {
        if (!result.held_back) rate_limited(result.retry_after, now, which);
        return;
    }
    if (result.remaining) {
        view_ = {std::min<std::int64_t>(*result.remaining, limit_), now};
        told_.add(view_.remaining, now);
    }
    if (!is_answer(result.reason)) return;
    answered_.add(now);
    refusals_ = std::max(0, refusals_ - 1);
    known_window_ = std::min(known_window_ + 1, options_.max_calls);
    if (which != lane::unknown) return;
    unknown_window_ = std::min(unknown_window_ + 1, options_.max_calls);
    if (result.reason == reason::token_verified) return;
    waste(now);
}

void governor_core::waste(core::time_point now) noexcept {
    wasted_.add(now);
    last_wasted_ = now;
}

// What it tells about Gate's health, and about its token. A slow answer counts like none: the request that
// waits has given up.
void governor_core::judge(lane which, const asker& who, const call_result& result,
                          core::time_point now) noexcept {
    if (result.held_back) return;
    if (is_alive(result.reason)) {
        const bool is_slow = result.took > options_.circuit.slow_after;
        return is_slow ? circuits_.note_failure(which, who, now) : note_answer(who, result, now);
    }
    // No client chooses what a token that Gate has accepted looks like: where calls for such tokens are found
    // odd, something before Gate has failed.
    const bool odd = which == lane::unknown && is_odd(result.reason, result.status);
    if (odd) waste(now);
    if (result.is_retry) return;  // the first try has been counted
    if (!odd) circuits_.note_failure(which, who, now);
    if (odd || may_be_of_the_token(result))
        comparison_.note_failure({which, who, now - result.took, now, odd}, held_);
}

void governor_core::note_answer(const asker& who, const call_result& result, core::time_point now) noexcept {
    if (circuits_.is_open(lane::known)) {  // so it was not the tokens
        comparison_.forget();
        // Known tokens have waited, and Gate has forgotten their calls: what it tells now is not what is
        // left.
        unknown_from_ = std::max(unknown_from_, now + head_start);
    }
    if (is_answer(result.reason)) comparison_.note_answer(who.token, now, held_);
    circuits_.reset();
}

bool governor_core::may_retry(lane which, const asker& who, const call_result& result,
                              core::time_point now) noexcept {
    if (!result.retryable || result.repeated || circuits_.is_closed_to(which, who) || now < reopens_at_)
        return false;
    if (calls_for_retries_ < calls_per_retry) return false;
    calls_for_retries_ -= calls_per_retry;
    return true;
}

core::duration governor_core::retry_delay() noexcept {
    const auto range = static_cast<double>((most_retry_delay - least_retry_delay).count());
    return least_retry_delay + core::duration{static_cast<core::duration::rep>(random() * range)};
}

void governor_core::rate_limited(seconds retry_after, core::time_point now, lane to) noexcept {
    const auto until = now + pause_of(retry_after);
    if (until < closed_until_) return;
    close(until, now, to);
}

void governor_core::close(core::time_point until, core::time_point now, lane to) noexcept {
    known_was_told_ = to != lane::unknown || (known_was_told_ && now < reopens_at_);
    if (now >= reopens_at_) refusals_ = std::min(refusals_ + 1, most_doublings + 1);
    closed_until_ = until;
    const auto spread = reopening_jitter * (1 << std::max(0, refusals_ - 1));
    reopens_at_ =
        until + reopening_delay +
        core::duration{static_cast<core::duration::rep>(random() * static_cast<double>(spread.count()))};
    // Known tokens are the first to try; what they need, Gate then tells the others.
    view_ = {0, closed_until_};
    unknown_from_ = reopens_at_ + head_start;
    known_window_ = 1;
    unknown_window_ = 1;
}

}  // namespace gate::auth
