// What comes from the other replicas: folded into what is known here, and told to what waits for it.
#include <gate/auth/fleet_member.hpp>

#include <tuple>
#include <utility>

namespace gate::auth {
namespace {

using core::reason;

constexpr std::chrono::seconds quiet_time{10};  // of an alarm that others raise
constexpr std::size_t most_terms = 1'000;       // that are put in force together

// Of a call that `message` tells of.
call_end end_of(const fleet_message& message) {
    if (message.kind == fleet_kind::failure) return call_end::failed;
    return message.refused_for == reason::none ? call_end::accepted : call_end::refused;
}

// Of two, the one that is greater in the order of the fold.
bool is_greater(const fleet_message& one, const fleet_message& other) {
    return std::tie(one.at, one.account, one.life) > std::tie(other.at, other.account, other.life);
}

fleet_news news(fleet_news::kind what) {
    fleet_news out;
    out.event = what;
    return out;
}

}  // namespace

bool fleet_member::heard(const fleet_message& message) {
    const auto at = moment();
    std::optional<gate_figure> figure;
    const auto change = [&] {
        const core::lock_guard lock(mutex_);
        auto out = fold(message, rules_, clock_, at);
        const bool is_call = message.kind == fleet_kind::verdict || message.kind == fleet_kind::failure;
        if (is_call && !std::holds_alternative<fleet_defect>(out)) {
            const auto age = at.now - clock_.to_local(message.at);
            const bool counts = age < budget_.now_is(at.now).window;
            if (counts) budget_.heard(*message.token, message.at, end_of(message), at.now);
            figure = figure_of(message, rules_, clock_, at);
            if (figure) budget_.told(*figure, at.now);
        }
        return out;
    }();
    if (figure) tokens_.calls.told(figure->limit, figure->remaining, figure->asked, at.now);
    const auto* const yes = std::get_if<fleet_change::accepted>(&change);
    if (catches_up_ && yes != nullptr && at.now - yes->fact.asked < memory()) {
        auto& kept = held_back_[*message.token];
        if (!kept.token || is_greater(message, kept)) kept = message;
        return true;
    }
    apply(message, change, at);
    return !std::holds_alternative<fleet_defect>(change);
}

void fleet_member::apply(const fleet_message& message, const fleet_changed& change, const fleet_moment& at) {
    using namespace fleet_change;
    if (const auto* defect = std::get_if<fleet_defect>(&change)) {
        rejected(*defect);
        if (message.token) waits_.tell(hasher_.key_of(*message.token), news(fleet_news::kind::nothing));
    } else if (const auto* yes = std::get_if<accepted>(&change)) {
        if (yes->is_cut) ++skewed_;
        accept(message, yes->fact, at);
    } else if (const auto* no = std::get_if<auth::refused>(&change)) {
        refuse(message, *no, at);
    } else if (const auto* lost = std::get_if<fleet_change::failed>(&change)) {
        auto told = news(fleet_news::kind::failed);
        told.reason = lost->reason;
        told.asked = lost->asked;
        waits_.tell(hasher_.key_of(*message.token), told);
    } else if (const auto* ended = std::get_if<revoked>(&change)) {
        const auto key = hasher_.key_of(*message.token);
        if (tokens_.facts.is_revoked(key, ended->until - std::chrono::seconds(1))) return;
        tokens_.facts.revoke(key, ended->at, ended->until);
        waits_.tell(key, news(fleet_news::kind::nothing));
        options_.withdrawn();
    } else if (const auto* voided = std::get_if<purged>(&change)) {
        if (tokens_.facts.is_purged(voided->scope, voided->at)) return;  // it costs a look at all tokens
        tokens_.facts.purge(voided->scope, voided->at);
        tokens_.flights.close_to_newcomers();
    } else if (const auto* stop = std::get_if<paused>(&change)) {
        tokens_.calls.pause(stop->until, at.now);
    } else if (const auto* term = std::get_if<blocked>(&change)) {
        block(message, *term, at);
    } else if (std::holds_alternative<released>(change)) {
        waits_.tell(hasher_.key_of(*message.token), news(fleet_news::kind::nothing));
    } else if (std::holds_alternative<key_refused>(change)) {
        if (quieten_alarm(at.now) && options_.log)
            options_.log(config::log_level::warn,
                         "Gate refuses the secret key of another replica of the fleet");
    }
}

// Whether the alarm is not quiet, as it is from now on for a while.
bool fleet_member::quieten_alarm(core::time_point now) noexcept {
    auto until = alarm_quiet_until_.load();
    const auto next = (now + quiet_time).time_since_epoch().count();
    return now.time_since_epoch().count() >= until && alarm_quiet_until_.compare_exchange_strong(until, next);
}

// One that waits may use an answer once even if its life is over; not one of long ago that is read again.
void fleet_member::accept(const fleet_message& message, const vouched& fact, const fleet_moment& at) {
    const auto key = hasher_.key_of(*message.token);
    const auto counts = tokens_.facts.learn(key, fact, at.now);
    fleet_news told;
    told.event = fleet_news::kind::answered;
    told.answer = {verdict::allow, reason::token_verified, message.account,
                   fact.asked,     counts.fresh_until,     message.request_id};
    const bool is_usable = at.now < counts.fresh_until || at.now - fact.asked < longest_call();
    if (counts.refused_for != reason::none) {
        told.answer.verdict = verdict::deny;
        told.answer.reason = counts.refused_for;
    } else if (counts.is_purged || !is_usable) {
        told = news(fleet_news::kind::nothing);
    }
    waits_.tell(key, told);
}

void fleet_member::refuse(const fleet_message& message, const refused& fact, const fleet_moment& at) {
    const auto key = hasher_.key_of(*message.token);
    const bool counts = tokens_.facts.refuse(key, fact, at.now);
    const auto known = tokens_.facts.recall(key, at.now, [](std::string_view) {});
    const bool is_usable = at.now < fact.until || at.now - fact.asked < longest_call();
    fleet_news told;
    if (!counts || known.was_accepted || !is_usable) {
        told.event = fleet_news::kind::nothing;
    } else {
        told.event = fleet_news::kind::answered;
        told.answer = {verdict::deny, fact.reason, {}, fact.asked, fact.until, message.request_id};
    }
    waits_.tell(key, told);
}

void fleet_member::block(const fleet_message& message, const fleet_change::blocked& change,
                         const fleet_moment& at) {
    {
        const core::lock_guard lock(mutex_);
        if (!blocks_.learn(message, clock_.to_store(at.now))) return;
    }
    terms_.push_back({message.account, change.until});
    if (!catches_up_ || terms_.size() >= most_terms) put_terms();
}

// One after the other would cost a look at all of them each: at the start there may be 10 000.
void fleet_member::put_terms() {
    if (terms_.empty()) return;
    tokens_.blocked.set_terms(std::exchange(terms_, {}), tokens_.time.now());
    options_.withdrawn();
}

}  // namespace gate::auth
