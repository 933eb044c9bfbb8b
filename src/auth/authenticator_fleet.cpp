// The way of a verification in a fleet: the governor's permission, the store's, and then the call or the wait
// for another replica's. What to do next, fleet_miss decides; here it is done.
#include "authenticator_flight.hpp"

#include <gate/core/random.hpp>

#include <algorithm>
#include <utility>

namespace gate::auth {
namespace {

using core::reason;

outcome unavailable(reason why, core::duration pause, bool may_outlive_ttl = false) {
    outcome out;
    out.reason = why;
    out.retry_after = std::max(std::chrono::ceil<std::chrono::seconds>(pause), std::chrono::seconds(1));
    out.may_outlive_ttl = may_outlive_ttl;
    return out;
}

}  // namespace

authenticator::fleet_flight::fleet_flight(authenticator& of, core::secret_string secret, const flight_id& id,
                                          lane lane_of, const std::optional<client_id>& from, bool admitted)
    : owner(of),
      token(std::move(secret)),
      flight(id),
      which(lane_of),
      asker{id.token, from},
      has_permit(admitted),
      fleet(*of.shared_.fleet),
      heard(fleet.waits().listen(id.token)),
      known_before(last_word()),
      miss(lane_of, {fleet.timeout(), of.gate_timeout_}, now(), core::random_number()) {}

authenticator::fleet_flight::~fleet_flight() {
    give_back();
    if (held_lock != 0) finish_unmade();
}

void authenticator::fleet_flight::give_back() {
    if (std::exchange(has_permit, false)) owner.shared_.calls.withdraw(which, asker, now());
}

core::time_point authenticator::fleet_flight::last_word() const {
    const auto known = owner.shared_.facts.recall(key, now(), [](std::string_view) {});
    auto out = core::time_point::min();
    if (known.was_accepted) out = std::max(out, known.asked);
    if (known.last_refusal.reason != reason::none) out = std::max(out, known.last_refusal.asked);
    return out;
}

bool authenticator::fleet_flight::look(core::time_point since) {
    identity account;
    const auto known = owner.shared_.facts.recall(
        key, now(), [&](std::string_view id) { account.assign(owner.identity_begin_, id); });
    outcome out;
    out.from_fleet = true;
    if (known.is_revoked) {
        out.verdict = verdict::deny;
        out.reason = reason::token_revoked;
    } else if (known.was_accepted && known.asked > since && now() < known.fresh_until) {
        out.verdict = verdict::allow;
        out.reason = reason::token_verified;
        out.identity = account;
        out.fresh_until = known.fresh_until;
    } else if (known.last_refusal.asked > since && now() < known.last_refusal.until) {
        out.verdict = verdict::deny;
        out.reason = known.last_refusal.reason;
    } else {
        return false;
    }
    result = out;
    return true;
}

core::task<> authenticator::fleet_flight::ask_governor() {
    governor::veto objection;
    if (which == lane::unknown && asker.from)
        objection = [this, from = *asker.from] { return owner.throttled(from); };
    const auto from = now();
    const auto turn = co_await owner.shared_.calls.admit(which, asker, owner.executor_, from,
                                                         from + owner.gate_timeout_ / 2, objection);
    has_permit = turn.step == admission::kind::go;
    if (has_permit) co_return;
    if (which == lane::refresh)
        keep();
    else
        result = owner.refused_by_governor(turn);
}

core::task<> authenticator::fleet_flight::ask_store(std::string ignored, bool without_budget) {
    if (!has_permit) co_await ask_governor();
    if (!has_permit) co_return;
    const auto seen = fleet.position();
    if (look(known_before)) co_return;
    auto question = fleet.question_about(key, seen, std::move(ignored));
    if (without_budget) question.budget = question.budget_for_waste = 0;
    const auto sent = now();
    const auto said = co_await fleet.store().begin(std::move(question), owner.executor_);
    const bool confirms = said.step == fleet_turn::kind::later && fleet.confirms(said);
    const bool met_lock = miss.has_met_forged_lock();
    next = miss.turned(said, confirms, sent, now());
    if (!met_lock && miss.has_met_forged_lock()) fleet.rejected(fleet_defect::lock);
    if (said.step == fleet_turn::kind::later && !confirms) fleet.rejected(fleet_defect::budget);
    const bool calls = std::holds_alternative<fleet_miss::call>(next) ||
                       std::holds_alternative<fleet_miss::call_alone>(next);
    if (!calls) give_back();
}

core::task<> authenticator::fleet_flight::wait(core::time_point until, std::optional<log_position> where) {
    const auto span = std::max(std::chrono::ceil<core::duration>(until - now()), core::duration(1));
    auto news = co_await fleet.waits().wait(heard, owner.executor_, span, where);
    using kind = fleet_news::kind;
    switch (news.event) {
        case kind::timed_out: next = miss.timed_out(now()); break;
        case kind::away: next = fleet_miss::store_is_late(); break;
        case kind::reached: next = miss.has_read(now()); break;
        case kind::nothing: next = miss.heard_nothing(now()); break;
        case kind::failed: next = miss.heard_failure(news.reason, news.asked, now()); break;
        case kind::answered: use(std::move(news.answer)); break;
    }
}

// Once, even if its life is over.
void authenticator::fleet_flight::use(fleet_answer&& from) {
    owner.shared_.delays_of(which).erase(key);
    outcome out;
    out.verdict = from.verdict;
    out.reason = from.reason;
    out.fresh_until = from.fresh_until;
    out.request_id = std::move(from.request_id);
    out.from_fleet = true;
    if (from.verdict == verdict::allow) out.identity.assign(owner.identity_begin_, from.account_id);
    result = std::move(out);
}

// Another replica renews it, or nobody may: what there is stays, and nobody waits. Where that has ended
// meanwhile, requests may have joined this flight: it goes on as one of theirs.
void authenticator::fleet_flight::keep() {
    if (look(core::time_point::min())) return;
    which = lane::known;
    miss = fleet_miss(which, {fleet.timeout(), owner.gate_timeout_}, now(), core::random_number());
    next = fleet_miss::start();
}

core::task<> authenticator::fleet_flight::step() {
    if (auto* ask = std::get_if<fleet_miss::begin>(&next)) {
        auto ignored = std::move(ask->ignored);
        co_await ask_store(std::move(ignored), ask->without_budget);
    } else if (const auto* read = std::get_if<fleet_miss::read>(&next)) {
        co_await wait(read->until, read->answer);
    } else if (const auto* other = std::get_if<fleet_miss::wait>(&next)) {
        if (!other->for_budget) owner.shared_.flights.note_call(flight, core::never);
        co_await wait(other->until, std::nullopt);
    } else if (const auto* go = std::get_if<fleet_miss::call>(&next)) {
        held_lock = go->lock;
        asked = go->asked;
        co_await make_call();
    } else if (std::holds_alternative<fleet_miss::call_alone>(next)) {
        co_await make_call();
    } else if (const auto* spent = std::get_if<fleet_miss::refuse>(&next)) {
        result = unavailable(reason::gate_budget_spent, spent->pause);
    } else if (const auto* lost = std::get_if<fleet_miss::give_up>(&next)) {
        const auto why = lost->reason == reason::none ? reason::gate_failing : lost->reason;
        result = unavailable(why, {}, which != lane::unknown);
    } else {
        keep();
    }
}

core::task<outcome> authenticator::verify_in_fleet(core::secret_string token, flight_id flight, lane which,
                                                   std::optional<client_id> from, bool admitted) {
    fleet_flight own(*this, std::move(token), flight, which, from, admitted);
    while (!own.result) co_await own.step();
    co_return std::move(*own.result);
}

}  // namespace gate::auth
