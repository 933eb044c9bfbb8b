#include <gate/auth/fleet_member.hpp>

#include <algorithm>
#include <utility>

namespace gate::auth {
namespace {

using core::reason;

constexpr std::chrono::seconds quiet_time{10};  // of an alarm that others raise

fleet_rules rules_of(const config::cache_options& cache) {
    fleet_rules out;
    out.ttl = cache.ttl;
    out.negative_ttl = cache.negative_ttl;
    out.grace = cache.grace;
    out.refresh_ahead = cache.refresh_ahead;
    return out;
}

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
    out.what = what;
    return out;
}

}  // namespace

fleet_member::fleet_member(shared_state& tokens, const process_key& names, const config::cache_options& cache,
                           const config::gate_options& gate, options how)
    : tokens_(tokens), how_(std::move(how)), hasher_(names), budget_(gate.budget) {
    configure(cache, gate);
    look_at_clocks();
}

void fleet_member::configure(const config::cache_options& cache, const config::gate_options& gate) {
    auto rules = rules_of(cache);
    tokens_.facts.remember_revocations_for(rules.memory());
    tokens_.facts.remember_fences_for(rules.memory());
    const core::lock_guard lock(mutex_);
    rules.keys = std::move(rules_.keys);
    rules_ = std::move(rules);
    gate_timeout_ = gate.timeout;
    budget_.configure(gate.budget, tokens_.time.now());
}

core::duration fleet_member::memory() const {
    const core::lock_guard lock(mutex_);
    return rules_.memory();
}

void fleet_member::hold_keys(std::vector<key_id> keys) {
    const core::lock_guard lock(mutex_);
    rules_.keys = std::move(keys);
}

fleet_moment fleet_member::moment() const {
    return {tokens_.time.now(), tokens_.time.wall_now()};
}

fleet_question fleet_member::question_about(const token_key& key, const log_position& seen,
                                            std::string ignored) {
    look_at_clocks();
    const core::lock_guard lock(mutex_);
    const auto known = budget_.now_is(tokens_.time.now());
    return {id_of(key), seen, std::move(ignored), known.budget, known.budget_for_waste, known.window};
}

bool fleet_member::confirms(const fleet_turn& later) {
    const core::lock_guard lock(mutex_);
    const auto now = tokens_.time.now();
    return later.for_waste ? budget_.confirms_waste(now) : budget_.confirms_calls(now);
}

core::time_point fleet_member::to_local(store_time when) const {
    const core::lock_guard lock(mutex_);
    return clock_.is_known() ? clock_.to_local(when) : tokens_.time.now();
}

std::optional<store_time> fleet_member::to_store(core::time_point when) const {
    const core::lock_guard lock(mutex_);
    if (!clock_.is_known()) return {};
    return clock_.to_store(when);
}

void fleet_member::sampled(const clock_sample& sample) {
    look_at_clocks();
    const core::lock_guard lock(mutex_);
    clock_.sample(sample);
}

// The machine may have slept: what is held has become older.
void fleet_member::look_at_clocks() {
    core::time_point::duration slept{0};
    {
        const core::lock_guard lock(mutex_);
        slept = clock_.look(tokens_.time.now(), tokens_.time.since_boot());
    }
    if (slept.count() != 0) tokens_.facts.move_back(slept);
}

void fleet_member::connected() {
    catches_up_ = true;
    held_back_.clear();
}

void fleet_member::caught_up() {
    catches_up_ = false;
    const auto at = moment();
    for (const auto& [token, message] : std::exchange(held_back_, {})) {
        const auto change = [&, &each = message] {
            const core::lock_guard lock(mutex_);
            return fold(each, rules_, clock_, at);
        }();
        apply(message, change, at);
    }
    waits_.move_to(read_to_);
    tokens_.calls.share_budget_with(1);
    how_.settled();
}

void fleet_member::away() {
    waits_.went_away();
    if (store_ == nullptr) return;
    const auto now = store_->stats();
    if (now.is_connected) return;
    tokens_.calls.share_budget_with(now.replicas);
    how_.settled();
}

void fleet_member::reached(const log_position& where) {
    read_to_ = where;
    if (!catches_up_) waits_.move_to(where);
}

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
    if (catches_up_ && std::holds_alternative<fleet_change::accepted>(change)) {
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
    } else if (const auto* lost = std::get_if<failed>(&change)) {
        auto told = news(fleet_news::kind::failed);
        told.why = lost->why;
        waits_.tell(hasher_.key_of(*message.token), told);
    } else if (const auto* ended = std::get_if<revoked>(&change)) {
        const auto key = hasher_.key_of(*message.token);
        if (tokens_.facts.is_revoked(key, ended->until - std::chrono::seconds(1))) return;
        tokens_.facts.revoke(key, ended->at, ended->until);
        waits_.tell(key, news(fleet_news::kind::nothing));
        how_.withdrawn();
    } else if (const auto* voided = std::get_if<purged>(&change)) {
        tokens_.facts.purge(voided->scope, voided->at);
        tokens_.flights.close_to_newcomers();
    } else if (const auto* stop = std::get_if<paused>(&change)) {
        tokens_.calls.pause(stop->until, at.now);
    } else if (const auto* term = std::get_if<blocked>(&change)) {
        block(message, *term, at);
    } else if (std::holds_alternative<key_refused>(change)) {
        const auto now = at.now.time_since_epoch().count();
        auto until = alarm_quiet_until_.load();
        const auto next = (at.now + quiet_time).time_since_epoch().count();
        if (now < until || !alarm_quiet_until_.compare_exchange_strong(until, next)) return;
        if (how_.log)
            how_.log(config::log_level::warn, "Gate refuses the secret key of another replica of the fleet");
    }
}

// One that waits may use an answer once even if its life is over; not one of long ago that is read again.
void fleet_member::accept(const fleet_message& message, const vouched& fact, const fleet_moment& at) {
    const auto key = hasher_.key_of(*message.token);
    const auto counts = tokens_.facts.learn(key, fact, at.now);
    fleet_news told;
    told.what = fleet_news::kind::answered;
    told.answer = {verdict::allow, reason::token_verified, message.account,
                   fact.asked,     counts.fresh_until,     message.request_id};
    const auto longest_call = [this] {
        const core::lock_guard lock(mutex_);
        return gate_timeout_ + std::chrono::seconds(1);
    }();
    const bool is_usable = at.now < counts.fresh_until || at.now - fact.asked < longest_call;
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
    tokens_.facts.refuse(key, fact, at.now);
    const auto known = tokens_.facts.recall(key, at.now, [](std::string_view) {});
    const auto longest_call = [this] {
        const core::lock_guard lock(mutex_);
        return gate_timeout_ + std::chrono::seconds(1);
    }();
    fleet_news told;
    if (known.was_accepted || (at.now >= fact.until && at.now - fact.asked >= longest_call)) {
        told.what = fleet_news::kind::nothing;
    } else {
        told.what = fleet_news::kind::answered;
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
    tokens_.blocked.set_term(message.account, change.until, at.now);
    how_.withdrawn();
}

std::vector<fleet_message> fleet_member::blocks() const {
    const core::lock_guard lock(mutex_);
    return blocks_.all();
}

void fleet_member::rejected(fleet_defect what) {
    rejected_[static_cast<std::size_t>(what)].fetch_add(1, std::memory_order_relaxed);
}

}  // namespace gate::auth
