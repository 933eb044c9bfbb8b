#pragma once
// Whether a call to Gate may be made now: event, now -> action. Pure: no clock, no lock, no I/O.
//
// The quota belongs to the whole organization, and no other program guards it: every replica of this program,
// and every other user of the organization's keys, take from the same 600 calls. What the others take is seen
// only in what Gate's answers say is left. So there are lanes, and the less is left, the fewer of them are
// open:
//
//   known    tokens that Gate has accepted lately: as long as there is anything to spend;
//   unknown  all others: those that Gate refuses may waste a part of what is left;
//   refresh  renewal before it is due: only while half of the budget is there.
//
// Calls made before a 429's Retry-After has passed count, and lengthen the wait: until then there are none at
// all, not even to see whether Gate is back.
//
// Where calls fail in a row, Gate is left alone but for probes: see lane_circuits. A failure that other
// tokens' answers surround is held against its token and its sender (rule 28): see failure_comparison.

#include <gate/auth/failure_comparison.hpp>
#include <gate/auth/lane_circuits.hpp>
#include <gate/auth/retry_after.hpp>
#include <gate/auth/rolling_count.hpp>
#include <gate/auth/rolling_low.hpp>
#include <gate/config/config.hpp>
#include <gate/core/clock.hpp>
#include <gate/core/reason.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <span>

namespace gate::auth {

// Below this share of the budget nothing is renewed early.
inline constexpr double plenty = 0.5;
// The last part of the budget is for known tokens.
inline constexpr double known_only = 0.1;
// Of known tokens when Gate is back.
inline constexpr std::chrono::seconds head_start{2};

struct admission {
    enum class kind : std::uint8_t {
        go,      // the call is under way until ended() is told
        wait,    // for one that is under way: ask again when it has ended
        refuse,  // not now
    };
    kind step = kind::refuse;
    core::reason reason = core::reason::none;  // of a refusal
    std::chrono::seconds retry_after{0};       // of a refusal: at least 1 s, unless it is gate_busy
    // Of a refusal in the lanes known and refresh: because such calls have failed. No client brings that
    // about.
    bool known_calls_fail = false;
};

// The result of a call, as far as the governor needs it.
struct call_result {
    core::reason reason = core::reason::internal_error;  // the result, as of verification
    core::duration took{0};
    std::chrono::seconds retry_after{0};  // of a 429; 0: not said
    std::optional<unsigned> limit;        // X-RateLimit-Limit
    std::optional<unsigned> remaining;    // X-RateLimit-Remaining
    bool retryable = false;               // a failure that Gate, or the nature of it, allows to repeat
    int status = 0;                       // of the HTTP response; 0: there was none
    unsigned calls = 1;                   // what it took of the budget: repetitions count
    bool held_back = false;  // gate_rate_limited is not Gate's answer, but what it told another call
    bool was_sent = true;    // Gate may have seen the token
    bool repeated = false;   // it is the second try already
    bool is_retry = false;   // of a call whose failure was told already
};

// Gate, or what stands before it, finds this one call odd: that tells nothing about Gate. But for a 429 that
// is not Gate's, which speaks of all calls. `status`: of the HTTP response; 0: there was none.
bool is_odd(core::reason why, int status) noexcept;

class governor_core {
public:
    struct options {
        config::budget_options budget;
        config::circuit_options circuit;
        std::size_t max_calls = 64;  // simultaneous
    };

    // seed: of the jitter.
    governor_core(const options& how, std::uint64_t seed) noexcept;

    // Applies other options from now on. What is known of the budget is kept; a limit that Gate has reported
    // still takes precedence over budget.limit.
    void configure(const options& how, core::time_point now) noexcept;

    // May a call start now?
    admission ask(lane which, const asker& who, core::time_point now) noexcept;

    // A call that was allowed has ended. The calls of which it is known now that they failed while
    // others were answered; valid until the next call of this function.
    std::span<const failed_call> ended(lane which, const asker& who, const call_result& result,
                                       core::time_point now) noexcept;

    // A call that was allowed is not made: another replica's answer is waited for.
    void withdraw(lane which, const asker& who, core::time_point now) noexcept;

    // How long to wait for the answer to a call that begins now. A probe that is slow proves nothing, and
    // while it hangs, every request with its token waits too.
    core::duration patience(lane which, const asker& who) const noexcept;

    // May the call that has just ended like this be made once more, after retry_delay()? Takes from the
    // budget for retries: one for ten calls. What is retried still has to ask.
    bool may_retry(lane which, const asker& who, const call_result& result, core::time_point now) noexcept;
    core::duration retry_delay() noexcept;  // 50..250 ms

    // A call that needs no permission but still counts against the budget: a revocation.
    void spent(core::time_point now) noexcept { calls_.add(now); }

    // The secret key has changed: what was refused may be accepted now.
    void key_changed() noexcept;

    // A 429 was seen: no call until retry_after (0: not said) has passed. Never opens earlier than an earlier
    // 429 said. `to`: the lane that was told so; a revocation counts as known.
    void rate_limited(std::chrono::seconds retry_after, core::time_point now, lane to = lane::known) noexcept;

    // Another replica was told so: no call until then.
    void pause(core::time_point until, core::time_point now) noexcept;
    // What Gate has told another replica, to a call of `asked`.
    void told(unsigned limit, unsigned remaining, core::time_point asked, core::time_point now) noexcept;
    // So many replicas spend what is for unknown tokens and for renewal, and do not see one another's calls.
    void share_budget_with(unsigned replicas) noexcept { sharers_ = std::max(1U, replicas); }

    // Until we call again after a 429: whole seconds, rounded up; 0 when nothing forbids a call.
    std::chrono::seconds time_left(core::time_point now) const noexcept;

    std::size_t under_way() const noexcept { return under_way_; }
    // Calls per window: as Gate has reported, or budget.limit until it has.
    std::int64_t limit() const noexcept { return limit_; }
    // The circuit of `which`: whether calls of that lane are left but for probes. Of unknown: for some
    // addresses at least.
    bool is_open(lane which) const noexcept { return circuits_.is_open(which); }
    // Of the budget: what Gate said last, or what our own calls leave of it; 0..1.
    double share_left(core::time_point now) noexcept;

private:
    struct view {  // of the budget, through an answer
        std::int64_t remaining = 0;
        core::time_point at = core::time_point::min();
    };

    admission ask_known(core::time_point now) const noexcept;
    admission ask_unknown(core::time_point now) noexcept;
    std::uint32_t allowance(core::time_point now) noexcept;
    double least_left(core::duration span, core::time_point now) noexcept;
    admission ask_refresh(core::time_point now) noexcept;
    admission probe(lane which, const asker& who, core::time_point now) noexcept;
    void go(lane which, core::time_point now) noexcept;

    void look(lane which, const call_result& result, core::time_point now) noexcept;
    void close(core::time_point until, core::time_point now, lane to) noexcept;
    void judge(lane which, const asker& who, const call_result& result, core::time_point now) noexcept;
    void note_answer(const asker& who, const call_result& result, core::time_point now) noexcept;
    void waste(core::time_point now) noexcept;
    bool is_current(const view& seen, core::time_point now) const noexcept;
    std::uint32_t unknown_limit() const noexcept;
    double random() noexcept;  // 0..1

    options options_;
    std::uint64_t random_state_;

    unsigned sharers_ = 1;
    std::int64_t limit_;  // calls per window: configured, or as Gate says
    bool limit_was_told_ = false;
    rolling_count calls_;
    rolling_count answered_;  // of them: what Gate has counted for certain
    rolling_count wasted_;    // calls for unknown tokens that Gate has refused, or that failed alone
    rolling_low told_;        // X-RateLimit-Remaining
    view view_;
    core::time_point unknown_from_ = core::time_point::min();  // known ones go first

    core::time_point last_unknown_{};
    core::time_point last_wasted_{};

    std::size_t under_way_ = 0;
    std::size_t unknown_under_way_ = 0;
    // How many may be under way: grow by one with each answer, so that they double in the time that an answer
    // takes, from 1. Many replicas that begin at the same moment see one another in what is left before they
    // have spent it.
    std::size_t known_window_;
    std::size_t unknown_window_ = 1;

    core::time_point closed_until_ = core::time_point::min();  // as a 429 said
    core::time_point reopens_at_ = core::time_point::min();    // a little later
    bool known_was_told_ = false;                              // of that 429
    int refusals_ = 0;                                         // 429s, less the answers since
    lane_circuits circuits_;
    failure_comparison comparison_;
    failure_comparison::held held_;
    int calls_for_retries_ = 10;  // ten of them are worth one
};

}  // namespace gate::auth
