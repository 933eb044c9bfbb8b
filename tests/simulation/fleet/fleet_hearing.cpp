// What fleet_replica hears from its store.

#include "fleet_replica.hpp"

namespace gate::simulation {
namespace {

auth::call_end end_of(const auth::fleet_message& message) {
    if (message.kind == auth::fleet_kind::failure) return auth::call_end::failed;
    return message.refused_for == core::reason::none ? auth::call_end::accepted : auth::call_end::refused;
}

}  // namespace

void fleet_replica::away() {
    ++losses_;
    const auto now = log_.stats();
    if (!now.is_connected) governor_.share_budget_with(now.replicas);
    changed_.ring();
}

std::optional<store_time> fleet_replica::to_store(core::time_point when) const {
    if (!clock_.is_known()) return {};
    return clock_.to_store(when);
}

void fleet_replica::reached(const log_position& where) {
    position_ = where;
    governor_.share_budget_with(1);
    changed_.ring();
}

bool fleet_replica::heard(const auth::fleet_message& message) {
    const auto at = moment();
    if (message.kind == auth::fleet_kind::verdict && message.refused_for != core::reason::none)
        world_.book.note_refusal_heard(number_of(*message.token), at.now);
    rules_.keys = keys();
    const auto change = auth::fold(message, rules_, clock_, at);
    if (const auto* defect = std::get_if<auth::fleet_defect>(&change)) {
        rejected(*defect);
        return false;
    }
    if (message.kind == auth::fleet_kind::verdict || message.kind == auth::fleet_kind::failure) {
        if (at.now - clock_.to_local(message.at) < world_.cell.window)
            budget_.heard(*message.token, message.at, end_of(message), at.now);
        if (const auto figure = auth::figure_of(message, rules_, clock_, at)) {
            budget_.told(*figure, at.now);
            governor_.told(figure->limit, figure->remaining, figure->asked, at.now);
        }
    }
    apply(message, change);
    return true;
}

void fleet_replica::apply(const auth::fleet_message& message, const auth::fleet_changed& change) {
    const auto now = world_.queue.now();
    if (const auto* stop = std::get_if<auth::fleet_change::paused>(&change))
        governor_.pause(stop->until, now);
    if (!message.token) return;
    const auto token = number_of(*message.token);
    const auto key = key_of(token);
    if (const auto* yes = std::get_if<auth::fleet_change::accepted>(&change)) {
        facts_.learn(key, yes->fact, now);
    } else if (const auto* no = std::get_if<auth::refused>(&change)) {
        facts_.refuse(key, *no, now);
    } else if (const auto* ended = std::get_if<auth::fleet_change::revoked>(&change)) {
        facts_.revoke(key, ended->at, ended->until);
        world_.book.note_heard(token, number_, now);
    } else if (std::holds_alternative<auth::fleet_change::failed>(change)) {
        failed_[token] = now;
    }
}

}  // namespace gate::simulation
