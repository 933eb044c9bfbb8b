#include <gate/auth/fleet_member.hpp>

#include <utility>

namespace gate::auth {
namespace {

fleet_rules rules_of(const config::cache_options& cache, const config::gate_options& gate) {
    fleet_rules out;
    out.ttl = cache.ttl;
    out.negative_ttl = cache.negative_ttl;
    out.grace = cache.grace;
    out.refresh_ahead = cache.refresh_ahead;
    out.gate_timeout = gate.timeout;
    return out;
}

}  // namespace

fleet_member::fleet_member(shared_state& tokens, const process_key& names, const config::cache_options& cache,
                           const config::gate_options& gate, options how)
    : tokens_(tokens), options_(std::move(how)), hasher_(names), budget_(gate.budget) {
    configure(cache, gate);
    look_at_clocks();
}

void fleet_member::configure(const config::cache_options& cache, const config::gate_options& gate) {
    auto rules = rules_of(cache, gate);
    tokens_.facts.remember_revocations_for(rules.memory());
    tokens_.facts.remember_fences_for(rules.memory());
    const core::lock_guard lock(mutex_);
    rules.keys = std::move(rules_.keys);
    rules_ = std::move(rules);
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

core::duration fleet_member::longest_call() const {
    const core::lock_guard lock(mutex_);
    return rules_.longest_call();
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
    put_terms();
    look_at_clocks();
    const core::lock_guard lock(mutex_);
    clock_.sample(sample);
}

// The machine may have slept: what is held has become older. Under the lock: whoever is told that it has
// slept finds everything moved.
core::time_point::duration fleet_member::look_at_clocks() {
    const core::lock_guard lock(mutex_);
    const auto more = clock_.look(tokens_.time.now(), tokens_.time.since_boot());
    if (more.count() != 0) tokens_.facts.move_back(more);
    return slept_ += more;
}

void fleet_member::connected() {
    catches_up_ = true;
    held_back_.clear();
}

void fleet_member::caught_up() {
    catches_up_ = false;
    put_terms();
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
    options_.settled();
}

void fleet_member::away() {
    put_terms();
    waits_.went_away();
    if (store_ == nullptr) return;
    const auto now = store_->stats();
    if (now.is_connected) return;
    tokens_.calls.share_budget_with(now.replicas);
    options_.settled();
}

void fleet_member::reached(const log_position& where) {
    put_terms();
    read_to_ = where;
    if (!catches_up_) waits_.move_to(where);
}

std::vector<fleet_message> fleet_member::blocks() const {
    const core::lock_guard lock(mutex_);
    return blocks_.all();
}

void fleet_member::rejected(fleet_defect what) {
    rejected_[static_cast<std::size_t>(what)].fetch_add(1, std::memory_order_relaxed);
}

}  // namespace gate::auth
