// The call to Gate that a verification in a fleet makes, and what the other replicas are told of it.
#include "authenticator_flight.hpp"

#include <gate/auth/retry_after.hpp>

#include <algorithm>
#include <utility>

namespace gate::auth {
namespace {

using core::reason;

// A call that the store knows nothing of was asked a little earlier, as far as others are concerned: its
// clock may be off by so much.
constexpr std::chrono::milliseconds uncertainty = fleet_clock::slowest_sample;

fleet_message message_of(const verification& answer, const token_key& key, store_time asked,
                         core::wall_clock::time_point wall) {
    fleet_message out;
    out.at = asked;
    out.token = id_of(key);
    out.verified_at = wall;
    if (answer.verdict == verdict::unavailable) {
        out.kind = fleet_kind::failure;
        out.refused_for = answer.reason;
        return out;
    }
    out.limit = answer.limit;
    out.remaining = answer.remaining;
    out.request_id = answer.request_id;
    if (answer.verdict == verdict::allow)
        out.account = answer.account_id;
    else
        out.refused_for = answer.reason;
    return out;
}

fleet_result::kind kind_of(verdict what) {
    if (what == verdict::allow) return fleet_result::kind::accepted;
    return what == verdict::deny ? fleet_result::kind::refused : fleet_result::kind::failed;
}

}  // namespace

core::task<> authenticator::fleet_flight::make_call() {
    if (!has_permit) co_await ask_governor();
    if (!has_permit) co_return;
    owner.shared_.flights.note_call(
        flight, which == lane::unknown ? core::never : core::clock::now() + owner.late_after_);
    const auto wall = owner.shared_.time.wall_now();
    auto secret = core::secret_string(std::string(token.reveal()));
    has_permit = false;  // make_attempt gives it back
    auto made = co_await owner.make_attempt(std::move(secret), which, asker, number);
    made.asked = asked_at(made.began);
    const auto ended = made.result;
    auto message = message_of(made.answer, key, asked, wall);
    const auto what = made.answer.verdict;
    auto settled = owner.settle(key, which, made);
    message.life = std::chrono::duration_cast<store_span>(made.life);
    const bool is_waste =
        what == verdict::deny || (what == verdict::unavailable && owner.shared_.has_answered_lately());
    if (held_lock != 0)
        fleet.finish(std::exchange(held_lock, 0), {kind_of(what), is_waste, std::move(message)});
    if (what == verdict::unavailable) miss.note_own_failure(made.asked);
    tell_of(ended);
    bool again = false;
    if (number == attempt::first) again = co_await may_try_again(ended);
    if (again)
        next = fleet_miss::start();
    else
        result = std::move(settled);
}

// Never later than the call began: the store's clock may have been set back since.
core::time_point authenticator::fleet_flight::asked_at(core::time_point began) const {
    return held_lock != 0 ? std::min(fleet.to_local(asked), began) : began - uncertainty;
}

// What Gate's answer says of all calls.
void authenticator::fleet_flight::tell_of(const call_result& ended) {
    if (ended.reason == reason::gate_key_refused) fleet.announce_refused_key();
    if (ended.reason == reason::gate_rate_limited && !ended.held_back)
        fleet.announce_pause(now() + pause_of(ended.retry_after));
}

// The call could not be begun.
void authenticator::fleet_flight::finish_unmade() noexcept {
    try {
        verification unmade;
        unmade.reason = reason::gate_failing;
        auto message = message_of(unmade, key, asked, owner.shared_.time.wall_now());
        fleet.finish(held_lock, {fleet_result::kind::failed, false, std::move(message)});
    } catch (...) {  // no memory: the lock ends by itself
    }
}

core::task<bool> authenticator::fleet_flight::may_try_again(call_result ended) {
    if (!owner.shared_.calls.may_retry(which, asker, ended, now())) co_return false;
    co_await owner.shared_.time.sleep(owner.executor_, owner.shared_.calls.retry_delay());
    const auto admitted = owner.shared_.calls.ask(which, asker, now());
    has_permit = admitted.step == admission::kind::go;
    number = attempt::second;
    co_return has_permit;
}

}  // namespace gate::auth
