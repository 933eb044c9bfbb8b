#include <gate/auth/fleet_miss.hpp>

#include <algorithm>
#include <utility>

namespace gate::auth {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// A miss spends no more on the store.
constexpr int most_commands = 3;
// An owner that lives extends its lock to this.
constexpr milliseconds lock_life{300};
// The store's clock may have been read by another one's owner before ours was.
constexpr seconds most_ahead{1};
// Of an owner that lives, a lock is younger than a call can last and this.
constexpr seconds slack_of_owner{1};
// A known token waits so long for the fleet's budget.
constexpr seconds patience{2};
// Values of one lock that say nothing, and answers that are not there: no honest store has so many.
constexpr int most_reads = 4;
constexpr int most_forged = 3;

constexpr milliseconds least_jitter{5};
constexpr milliseconds most_jitter{60};

}  // namespace

fleet_miss::action fleet_miss::turned(const fleet_turn& turn, bool confirms, core::time_point sent,
                                      core::time_point now) {
    using kind = fleet_turn::kind;
    if (turn.step == kind::go) return call{turn.lock, turn.at};
    if (turn.step == kind::away) return call_alone{};
    // The time of a command after which others are waited for is theirs.
    if (turn.step == kind::later) return judge_budget(turn, confirms, sent, now);
    is_later_ = false;
    if (turn.step == kind::wait) return judge_lock(turn, sent, now);
    spent_ += now - sent;
    // Once for each answer: one that is not in the log, or no answer, is not waited for again.
    if (++reads_ > most_reads || turn.held == ignored_ || is_spent()) return call_alone{};
    ignored_ = turn.held;
    is_reading_ = true;
    reading_since_ = now;
    return read{turn.answer, now + options_.store_timeout};
}

bool fleet_miss::is_spent() const noexcept {
    return spent_ >= most_commands * options_.store_timeout;
}

// [5] What no living owner can have written is passed over.
fleet_miss::action fleet_miss::judge_lock(const fleet_turn& turn, core::time_point sent,
                                          core::time_point now) {
    const auto oldest = turn.at - options_.gate_timeout - slack_of_owner;
    const bool is_owned =
        turn.held_since && *turn.held_since > oldest && *turn.held_since < turn.at + most_ahead;
    const bool lives = turn.life && turn.life->count() >= 0 && *turn.life <= lock_life;
    if (!is_owned || !lives) {
        spent_ += now - sent;
        if (++forged_ > most_forged || turn.held == ignored_ || is_spent()) return call_alone{};
        ignored_ = turn.held;
        return begin{ignored_, forged_budget_};
    }
    if (lane_ == lane::refresh) return keep{};
    return wait{now + *turn.life + jitter()};
}

// [6], [7].
fleet_miss::action fleet_miss::judge_budget(const fleet_turn& turn, bool confirms, core::time_point sent,
                                            core::time_point now) {
    if (!confirms) {
        // The lock counts all the same: filled counters must not cost a call of each replica.
        spent_ += now - sent;
        if (std::exchange(forged_budget_, true) || is_spent()) return call_alone{};
        return begin{ignored_, true};
    }
    if (lane_ == lane::refresh) return keep{};
    if (lane_ == lane::unknown) return refuse{turn.pause};
    if (!is_later_) later_since_ = now;
    is_later_ = true;
    const auto ends = later_since_ + patience;
    if (now >= ends) return refuse{turn.pause};
    const auto next = now + std::max<core::duration>(turn.pause, milliseconds(1)) + jitter();
    return wait{std::min(ends, next), true};
}

fleet_miss::action fleet_miss::ask_again(core::time_point now) {
    // Several owners in a row that neither answer nor fail: no request waits any longer for one.
    if (now >= began_ + options_.gate_timeout + slack_of_owner) return call_alone{};
    return begin{ignored_, forged_budget_};
}

fleet_miss::action fleet_miss::heard_nothing(core::time_point now) {
    is_reading_ = false;
    return ask_again(now);
}

fleet_miss::action fleet_miss::heard_failure(core::reason why, core::time_point asked, core::time_point now) {
    if (asked <= last_failure_) return heard_nothing(now);
    last_failure_ = asked;
    if (std::exchange(has_heard_failure_, true)) return give_up{why};
    is_reading_ = false;
    return ask_again(now);
}

fleet_miss::action fleet_miss::has_read(core::time_point now) {
    if (std::exchange(is_reading_, false)) spent_ += now - reading_since_;
    if (is_spent()) return call_alone{};
    return ask_again(now);
}

fleet_miss::action fleet_miss::timed_out(core::time_point now) {
    if (is_reading_) return call_alone{};
    return ask_again(now);
}

core::duration fleet_miss::jitter() noexcept {
    spread_ = spread_ * 6'364'136'223'846'793'005U + 1'442'695'040'888'963'407U;  // PCG's
    const auto range = static_cast<std::uint64_t>((most_jitter - least_jitter).count());
    return least_jitter + core::duration(static_cast<core::duration::rep>((spread_ >> 33U) % range));
}

}  // namespace gate::auth
