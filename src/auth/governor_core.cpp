#include <gate/auth/governor_core.hpp>

#include <algorithm>
#include <cassert>
#include <cmath>

namespace gate::auth {
namespace {

using core::reason;
using std::chrono::seconds;

// Below this share of the budget nothing is renewed early, and unknown tokens go one by one.
constexpr double plenty = 0.5;
// With so much left nobody else can have taken much.
constexpr double nearly_all = 0.9;
// A fall of what is left, from one answer to the next, that our own calls explain.
constexpr std::int64_t own_fall = 2;
// Somebody else calls: for so long at least.
constexpr seconds crowded{1};
// An unknown lane that has been quiet for so long knows nothing of who else is there.
constexpr seconds idle{10};

constexpr int calls_per_retry = 10;
constexpr int most_retries = 10;
constexpr core::duration least_retry_delay{50};
constexpr core::duration most_retry_delay{250};
constexpr core::duration reopening_jitter{500};
constexpr seconds head_start{2};  // of known tokens after a 429

seconds ceil_seconds(core::time_point::duration span) {
    return std::max(seconds{1}, std::chrono::ceil<seconds>(span));
}

admission refuse(reason why, core::time_point::duration wait) {
    return {admission::kind::refuse, why, ceil_seconds(wait)};
}

constexpr admission granted{admission::kind::go, reason::none, {}};
constexpr admission later{admission::kind::wait, reason::gate_busy, {}};

// Time between two unknown tokens of one replica. Falls off so steeply that a hundred replicas, each of which
// sees the others only in what is left, come to rest before it is gone: at a fifth of the budget each makes a
// call in ten seconds, at a tenth one in two and a half minutes.
core::duration pace(double share_left, core::duration window, std::uint32_t limit) {
    const double at_plenty = static_cast<double>(window.count()) / limit;
    const double slower = std::pow(plenty / std::max(share_left, 0.01), 4);
    return core::duration{static_cast<core::duration::rep>(std::min(at_plenty * slower, 3.6e6))};
}

bool is_answer(reason why) {
    return why == reason::token_verified || why == reason::token_invalid || why == reason::token_revoked ||
           why == reason::token_rejected;
}

// Gate is there, and says something that repeating does not change.
bool is_alive(reason why) {
    return is_answer(why) || why == reason::gate_rate_limited || why == reason::gate_form_refused;
}

}  // namespace

std::string_view to_string(lane which) noexcept {
    switch (which) {
        case lane::known: return "known";
        case lane::unknown: return "unknown";
        case lane::refresh: break;
    }
    return "refresh";
}

governor_core::governor_core(const options& how, std::uint64_t seed) noexcept
    : options_(how),
      random_state_(seed | 1U),
      limit_(static_cast<std::int64_t>(how.budget.limit)),
      calls_(how.budget.window),
      unknown_calls_(how.budget.window),
      known_window_(how.max_calls) {}

admission governor_core::ask(lane which, core::time_point now) noexcept {
    if (now < reopens_at_) return refuse(reason::gate_rate_limited, closed_until_ - now);
    if (open_) return probe(which, now);
    if (calls_.total(now) >= limit_)
        return refuse(reason::gate_budget_spent, calls_.next_decrease(now) - now);
    const auto out = which == lane::known     ? ask_known()
                     : which == lane::unknown ? ask_unknown(now)
                                              : ask_refresh(now);
    if (out.what == admission::kind::go) go(which, now);
    return out;
}

// One call tries whether Gate is back; the next one only after a while, even if this one hangs.
admission governor_core::probe(lane which, core::time_point now) noexcept {
    if (now < next_probe_ || which == lane::refresh) return refuse(reason::gate_failing, next_probe_ - now);
    next_probe_ = now + options_.circuit.probe_interval;
    go(which, now);
    return granted;
}

admission governor_core::ask_known() const noexcept {
    return under_way_ < std::min(known_window_, options_.max_calls) ? granted : later;
}

admission governor_core::ask_unknown(core::time_point now) noexcept {
    const auto limit = unknown_limit();
    if (unknown_calls_.total(now) >= limit) {
        return refuse(reason::gate_budget_spent, unknown_calls_.next_decrease(now) - now);
    }
    if (const double left = share_left(now); left < plenty) {
        const auto pause = pace(left, options_.budget.window, limit);
        if (pause > options_.budget.window) return refuse(reason::gate_budget_spent, head_start);
        if (now < last_unknown_ + pause) return refuse(reason::gate_budget_spent, last_unknown_ + pause - now);
    }
    if (now > last_unknown_ + idle) unknown_window_ = 1;
    // Half of the calls that may be under way are for those that are known.
    const auto most = std::max<std::size_t>(1, options_.max_calls / 2);
    if (unknown_under_way_ >= std::min(unknown_window_, most)) return later;
    return under_way_ < options_.max_calls ? granted : later;
}

admission governor_core::ask_refresh(core::time_point now) noexcept {
    const bool room = under_way_ * 2 < std::min(known_window_, options_.max_calls);
    if (room && share_left(now) >= plenty) return granted;
    return {admission::kind::refuse, reason::gate_busy, {}};
}

void governor_core::go(lane which, core::time_point now) noexcept {
    ++under_way_;
    calls_.add(now);
    if (which == lane::unknown) {
        ++unknown_under_way_;
        unknown_calls_.add(now);
        last_unknown_ = now;
    }
}

void governor_core::ended(lane which, const call_result& result, core::time_point now) noexcept {
    assert(under_way_ != 0 && "a call ended that was never let go");
    --under_way_;
    if (which == lane::unknown) --unknown_under_way_;
    calls_for_retries_ = std::min(most_retries * calls_per_retry, calls_for_retries_ + 1);
    look(which, result, now);
    judge(result, now);
}

// What the answer tells about the budget.
void governor_core::look(lane which, const call_result& result, core::time_point now) noexcept {
    if (result.limit && *result.limit != 0) limit_ = *result.limit;
    if (result.why == reason::gate_rate_limited) {
        rate_limited(result.retry_after, now);
        return;
    }
    std::int64_t fall = 0;
    if (result.remaining) {
        const std::int64_t remaining = *result.remaining;
        if (is_current(view_, now)) fall = view_.remaining - remaining;
        view_ = {std::min(remaining, limit_), now};
    }
    if (!is_answer(result.why)) return;
    known_window_ = std::min(known_window_ + 1, options_.max_calls);
    if (which != lane::unknown) return;
    const double left = share_left(now);
    if (fall > own_fall) crowded_until_ = now + crowded;
    if (left < plenty) {
        unknown_window_ = 1;
    } else if (now >= crowded_until_ || left >= nearly_all) {
        unknown_window_ = std::min(unknown_window_ + 1, options_.max_calls);
    }
}

// What it tells about Gate's health. A slow answer counts like none: whoever waits has given up.
void governor_core::judge(const call_result& result, core::time_point now) noexcept {
    const bool healthy = is_alive(result.why) && result.took <= options_.circuit.slow_after;
    if (healthy) {
        failures_ = 0;
        open_ = false;
    } else if (!open_ && ++failures_ >= options_.circuit.failures) {
        open_ = true;
        next_probe_ = now + options_.circuit.probe_interval;
    }
}

bool governor_core::may_retry(const call_result& result, core::time_point now) noexcept {
    if (!result.retryable || open_ || now < reopens_at_ || calls_for_retries_ < calls_per_retry) return false;
    calls_for_retries_ -= calls_per_retry;
    return true;
}

core::duration governor_core::retry_delay() noexcept {
    const auto range = static_cast<double>((most_retry_delay - least_retry_delay).count());
    return least_retry_delay + core::duration{static_cast<core::duration::rep>(random() * range)};
}

void governor_core::key_changed() noexcept {
    failures_ = 0;
    open_ = false;
}

void governor_core::rate_limited(seconds retry_after, core::time_point now) noexcept {
    const auto wait = retry_after.count() > 0 ? std::min(retry_after, max_retry_after) : default_retry_after;
    const auto until = now + wait;
    if (until < closed_until_) return;
    closed_until_ = until;
    // Replicas that were told the same do not come back at the same moment.
    reopens_at_ = until + core::duration{static_cast<core::duration::rep>(
                              random() * static_cast<double>(reopening_jitter.count()))};
    // Known tokens are the first to try, and tell how much there is; if none comes, unknown ones find out.
    view_ = {0, closed_until_ - options_.budget.window + head_start};
    known_window_ = 1;
    unknown_window_ = 1;
}

seconds governor_core::time_left(core::time_point now) const noexcept {
    if (now >= closed_until_) return seconds{0};
    return std::chrono::ceil<seconds>(closed_until_ - now);
}

bool governor_core::is_current(const view& seen, core::time_point now) const noexcept {
    return seen.at != core::time_point::min() && now - seen.at < options_.budget.window;
}

double governor_core::share_left(core::time_point now) noexcept {
    auto left = limit_ - calls_.total(now);
    if (is_current(view_, now))
        left = std::min(left, view_.remaining - static_cast<std::int64_t>(under_way_));
    return std::clamp(static_cast<double>(left) / static_cast<double>(limit_), 0.0, 1.0);
}

// In proportion when Gate allows another number than the configured one.
std::uint32_t governor_core::unknown_limit() const noexcept {
    const auto scaled = static_cast<double>(options_.budget.unknown) * static_cast<double>(limit_) /
                        static_cast<double>(options_.budget.limit);
    return static_cast<std::uint32_t>(std::clamp(scaled, 1.0, static_cast<double>(limit_)));
}

// xorshift64 (Marsaglia 2003): good enough to spread replicas.
double governor_core::random() noexcept {
    random_state_ ^= random_state_ << 13U;
    random_state_ ^= random_state_ >> 7U;
    random_state_ ^= random_state_ << 17U;
    return static_cast<double>(random_state_ >> 11U) * 0x1.0p-53;
}

}  // namespace gate::auth
