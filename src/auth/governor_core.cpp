#include <gate/auth/governor_core.hpp>

#include <algorithm>
#include <cassert>
#include <cmath>

namespace gate::auth {
namespace {

using core::reason;
using std::chrono::seconds;

// Of what is left, unknown tokens may waste this part: the rest is for known ones that come meanwhile.
constexpr double wasted_part = 0.5;

// While this much is left, a replica whose part is spent tries one more token now and then: a single bad one
// must not keep all new ones out.
constexpr double room_for_tries = 0.25;
constexpr seconds one_more_try{10};

// An unknown lane that has been quiet for so long knows nothing about the calls of other replicas.
constexpr seconds idle{10};

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
constexpr seconds head_start{2};  // of known tokens when Gate is back

seconds ceil_seconds(core::time_point::duration span) {
    return std::max(seconds{1}, std::chrono::ceil<seconds>(span));
}

admission refuse(reason why, core::time_point::duration wait) {
    return {admission::kind::refuse, why, ceil_seconds(wait), false};
}

constexpr admission granted{admission::kind::go, reason::none, {}, false};
constexpr admission later{admission::kind::wait, reason::gate_busy, {}, false};

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

std::string_view to_string(lane which) noexcept {
    switch (which) {
        case lane::known: return "known";
        case lane::unknown: return "unknown";
        case lane::refresh: break;
    }
    return "refresh";
}

bool is_odd(reason why, int status) noexcept {
    return why == reason::gate_bad_answer && status >= 400 && status <= 499 && status != 429;
}

governor_core::governor_core(const options& how, std::uint64_t seed) noexcept
    : options_(how),
      random_state_(seed | 1U),
      limit_(static_cast<std::int64_t>(how.budget.limit)),
      calls_(how.budget.window),
      answered_(how.budget.window),
      wasted_(how.budget.window),
      told_(2 * how.budget.window),
      known_window_(how.max_calls),
      circuits_(how.circuit) {
    held_.reserve(2 * failure_comparison::max_failures);
}

void governor_core::configure(const options& how, core::time_point now) noexcept {
    if (how.budget.window != options_.budget.window) {
        for (auto* each : {&calls_, &answered_, &wasted_}) each->change_window(how.budget.window, now);
        told_.change_memory(2 * options_.budget.window, 2 * how.budget.window, now);
    }
    if (!limit_was_told_) limit_ = static_cast<std::int64_t>(how.budget.limit);
    if (known_window_ == options_.max_calls) known_window_ = how.max_calls;  // it had room for all
    known_window_ = std::min(known_window_, how.max_calls);
    unknown_window_ = std::min(unknown_window_, how.max_calls);
    circuits_.configure(how.circuit);
    options_ = how;
}

admission governor_core::ask(lane which, const asker& who, core::time_point now) noexcept {
    if (now < reopens_at_) {
        auto out = refuse(reason::gate_rate_limited, reopens_at_ - now);
        out.known_calls_fail = which != lane::unknown && known_was_told_;
        return out;
    }
    if (calls_.total(now) >= limit_)
        return refuse(reason::gate_budget_spent, calls_.next_decrease(now) - now);
    if (circuits_.is_closed_to(which, who)) return probe(which, who, now);
    const auto out = which == lane::known     ? ask_known(now)
                     : which == lane::unknown ? ask_unknown(now)
                                              : ask_refresh(now);
    if (out.step == admission::kind::go) go(which, now);
    return out;
}

// One call tries whether Gate is back; the next one only after a while, even if this one hangs.
admission governor_core::probe(lane which, const asker& who, core::time_point now) noexcept {
    const auto turn = circuits_.turn_to_probe(which, who, now);
    if (now < turn || which == lane::refresh) {
        auto out = refuse(reason::gate_failing, turn - now);
        out.known_calls_fail = which != lane::unknown;
        return out;
    }
    circuits_.note_probe(which, who, now);
    go(which, now);
    return granted;
}

// No more simultaneously than Gate has said are left, but one, to see whether that is still so.
admission governor_core::ask_known(core::time_point now) const noexcept {
    auto room = std::min(known_window_, options_.max_calls);
    if (is_current(view_, now))
        room = std::min(room, static_cast<std::size_t>(std::max<std::int64_t>(1, view_.remaining)));
    return under_way_ < room ? granted : later;
}

admission governor_core::ask_unknown(core::time_point now) noexcept {
    const auto most = allowance(now);
    if (most == 0) return refuse(reason::gate_budget_spent, head_start);
    const auto wasted = wasted_.total(now);
    const auto next_try = last_wasted_ + one_more_try;
    const bool may_try = wasted < unknown_limit() && least_left(options_.budget.window, now) >=
                                                         room_for_tries * static_cast<double>(limit_);
    if (wasted >= most && (!may_try || now < next_try)) {
        const auto decrease = wasted_.next_decrease(now);
        return refuse(reason::gate_budget_spent, (may_try ? std::min(next_try, decrease) : decrease) - now);
    }
    if (now > last_unknown_ + idle) unknown_window_ = 1;
    // Half of the calls that may be under way are for those that are known.
    const auto half = std::max<std::size_t>(1, options_.max_calls / 2);
    const auto room =
        wasted < most ? std::min({unknown_window_, half, std::size_t{most - wasted}}) : std::size_t{1};
    return unknown_under_way_ < room && under_way_ < options_.max_calls ? granted : later;
}

// How many unknown tokens that Gate refuses this replica may try in a window: of what is left to all, a part
// in proportion to what it had of the calls of all. So all replicas together stay within that part, whoever
// else there is, and whatever of it they have not seen yet. Counts from the lowest that Gate has told in the
// last two windows: tokens that were renewed together will be renewed together again, and in between there
// seems to be plenty. One in any case, for the next new token may be good, but for the last of the budget.
std::uint32_t governor_core::allowance(core::time_point now) noexcept {
    const auto limit = static_cast<double>(limit_);
    if (now < unknown_from_ || least_left(options_.budget.window, now) < known_only * limit) return 0;
    const double left = least_left(2 * options_.budget.window, now);
    const double spent = limit - left;
    const double part = view_.at != core::time_point::min() && spent > 0 ? answered_.total(now) / spent : 1;
    return static_cast<std::uint32_t>(
        std::clamp(left * wasted_part * part, 1.0, static_cast<double>(unknown_limit())));
}

// Of the budget, as Gate has told within `span`, or as our own calls leave it.
double governor_core::least_left(core::duration span, core::time_point now) noexcept {
    const auto own = limit_ - calls_.total(now);
    return static_cast<double>(
        std::max<std::int64_t>(0, std::min(own, told_.lowest(now, span).value_or(limit_))));
}

admission governor_core::ask_refresh(core::time_point now) noexcept {
    const bool room = under_way_ * 2 < std::min(known_window_, options_.max_calls);
    if (room && share_left(now) >= plenty) return granted;
    return {admission::kind::refuse, reason::gate_busy, {}, false};
}

void governor_core::go(lane which, core::time_point now) noexcept {
    ++under_way_;
    calls_.add(now);
    if (which != lane::unknown) return;
    ++unknown_under_way_;
    last_unknown_ = now;
}

std::span<const failed_call> governor_core::ended(lane which, const asker& who, const call_result& result,
                                                  core::time_point now) noexcept {
    assert(under_way_ != 0 && "a call ended that was never let go");
    --under_way_;
    if (which == lane::unknown) --unknown_under_way_;
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

core::duration governor_core::patience(lane which, const asker& who) const noexcept {
    return circuits_.is_closed_to(which, who) ? options_.circuit.slow_after : core::duration::max();
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

void governor_core::key_changed() noexcept {
    circuits_.reset();
    comparison_.forget();
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

seconds governor_core::time_left(core::time_point now) const noexcept {
    if (now >= reopens_at_) return seconds{0};
    return std::chrono::ceil<seconds>(reopens_at_ - now);
}

bool governor_core::is_current(const view& seen, core::time_point now) const noexcept {
    return seen.at != core::time_point::min() && now - seen.at < options_.budget.window;
}

double governor_core::share_left(core::time_point now) noexcept {
    auto left = limit_ - calls_.total(now) * sharers_;
    if (is_current(view_, now))
        left = std::min(left, view_.remaining - static_cast<std::int64_t>(under_way_));
    return std::clamp(static_cast<double>(left) / static_cast<double>(limit_), 0.0, 1.0);
}

// In proportion when Gate allows another number than the configured one.
std::uint32_t governor_core::unknown_limit() const noexcept {
    const auto scaled = static_cast<double>(options_.budget.unknown) * static_cast<double>(limit_) /
                        static_cast<double>(options_.budget.limit);
    return static_cast<std::uint32_t>(std::clamp(scaled / sharers_, 1.0, static_cast<double>(limit_)));
}

// xorshift64 (Marsaglia 2003): good enough to spread replicas.
double governor_core::random() noexcept {
    random_state_ ^= random_state_ << 13U;
    random_state_ ^= random_state_ >> 7U;
    random_state_ ^= random_state_ << 17U;
    return static_cast<double>(random_state_ >> 11U) * 0x1.0p-53;
}

}  // namespace gate::auth
