#include <gate/auth/governor_core.hpp>

#include <algorithm>
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

seconds ceil_seconds(core::time_point::duration span) {
    return std::max(seconds{1}, std::chrono::ceil<seconds>(span));
}

admission refuse(reason why, core::time_point::duration wait) {
    return {admission::kind::refuse, why, ceil_seconds(wait), false};
}

constexpr admission granted{admission::kind::go, reason::none, {}, false};
constexpr admission later{admission::kind::wait, reason::gate_busy, {}, false};

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

core::duration governor_core::patience(lane which, const asker& who) const noexcept {
    return circuits_.is_closed_to(which, who) ? options_.circuit.slow_after : core::duration::max();
}

void governor_core::key_changed() noexcept {
    circuits_.reset();
    comparison_.forget();
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
