// What a replica tells the others, and what it counts.
#include <gate/auth/fleet_member.hpp>
#include <gate/telemetry/metrics_snapshot.hpp>

#include <utility>

namespace gate::auth {

std::string_view to_string(fleet_defect what) noexcept {
    switch (what) {
        case fleet_defect::unsealed: return "unsealed";
        case fleet_defect::malformed: return "malformed";
        case fleet_defect::type: return "type";
        case fleet_defect::size: return "size";
        case fleet_defect::future: return "future";
        case fleet_defect::foreign: return "foreign";
        case fleet_defect::lock: return "lock";
        case fleet_defect::budget: return "budget";
        case fleet_defect::reply:
        case fleet_defect::count_: break;
    }
    return "reply";
}

fleet_notice fleet_member::notice(fleet_kind kind) const {
    fleet_notice out;
    out.kind = kind;
    out.at = tokens_.time.now();
    return out;
}

void fleet_member::finish(fleet_lock lock, fleet_result result) {
    {
        const core::lock_guard guard(mutex_);
        result.message.keys = rules_.keys;
    }
    store_->finish(lock, std::move(result));
}

void fleet_member::announce_pause(core::time_point until) {
    auto told = notice(fleet_kind::pause);
    told.until = until;
    {
        const core::lock_guard lock(mutex_);
        told.keys = rules_.keys;
    }
    store_->announce(std::move(told));
}

void fleet_member::announce_refused_key() {
    auto told = notice(fleet_kind::key_refused);
    quieten_alarm(told.at);  // it is heard here, too
    {
        const core::lock_guard lock(mutex_);
        told.keys = rules_.keys;
    }
    store_->announce(std::move(told));
}

core::task<bool> fleet_member::publish_revocation(token_key key, core::executor executor) {
    auto told = notice(fleet_kind::revocation);
    told.token = id_of(key);
    {
        const core::lock_guard lock(mutex_);
        told.until = told.at + rules_.memory();
    }
    return store_->publish(std::move(told), executor);
}

core::task<bool> fleet_member::publish_purge(purge_scope::kind extent, std::string name,
                                             core::executor executor) {
    auto told = notice(fleet_kind::purge);
    if (extent == purge_scope::kind::account)
        told.account = std::move(name);
    else if (extent == purge_scope::kind::token)
        told.fingerprint = std::move(name);
    {
        const core::lock_guard lock(mutex_);
        told.until = told.at + rules_.memory();
    }
    return store_->publish(std::move(told), executor);
}

core::task<bool> fleet_member::publish_block(std::string account, core::time_point until,
                                             core::executor executor) {
    auto told = notice(fleet_kind::block);
    told.account = std::move(account);
    told.until = until;
    return store_->publish(std::move(told), executor);
}

void fleet_member::collect(telemetry::metrics_snapshot& into) const {
    auto& family =
        into.counter("gate_fleet_rejected_total", "What came from the store and counts for nothing.");
    for (std::size_t i = 0; i < rejected_.size(); ++i)
        family.add({{"what", to_string(static_cast<fleet_defect>(i))}},
                   static_cast<double>(rejected_[i].load(std::memory_order_relaxed)));
    into.counter("gate_fleet_clock_skew_total",
                 "Answers of other replicas that are used for a shorter time because clocks differ.")
        .add({}, static_cast<double>(skewed_.load(std::memory_order_relaxed)));
    store_->collect(into);
}

}  // namespace gate::auth
