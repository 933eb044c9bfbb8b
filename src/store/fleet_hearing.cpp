#include "fleet_hearing.hpp"

#include "sealed_entries.hpp"

#include <gate/store/command.hpp>

#include <algorithm>
#include <utility>

namespace gate::store {

fleet_hearing::fleet_hearing(store_access& on, core::executor executor, net::deadline_wheel& wheel,
                             directory& where, store_notes& notes, callbacks told)
    : on_(on),
      notes_(notes),
      told_(std::move(told)),
      reader_(std::move(executor), wheel, where, on.names.log(), *this) {}

void fleet_hearing::follow(bool is_new_connection) {
    if (is_new_connection) {
        reader_.reopen();
        has_read_all_ = false;
    }
    if (!std::exchange(is_following_, true)) reader_.start();
}

void fleet_hearing::began(bool is_other_history) {
    on_.listener.connected();
    has_read_all_ = false;
    if (is_other_history) notes_.other_history();
    told_.connected();
}

void fleet_hearing::took(std::span<const log_entry> entries, const auth::log_position& position) {
    fleet_keys::opener with(on_.keys);
    for (const auto& each : entries) hear(each, with);
    if (!entries.empty()) note_lag(position);
    on_.listener.reached(position);
}

void fleet_hearing::note_lag(const auth::log_position& newest) {
    const auto now = on_.listener.to_store(core::clock::now());
    if (!now) return;
    // Any number may stand in an id.
    const auto then = std::chrono::milliseconds(
        static_cast<std::int64_t>(std::min<std::uint64_t>(newest.milliseconds, 1ULL << 42U)));
    on_.counters.set_lag(std::max(auth::store_span(0), now->time_since_epoch() - then));
}

void fleet_hearing::hear(const log_entry& entry, fleet_keys::opener& with) {
    const auto opened = open_entry(entry, with, on_.names);
    if (const auto* defect = std::get_if<auth::fleet_defect>(&opened)) {
        on_.listener.rejected(*defect);
        if (entry.is_too_large) remove(entry.id);
        return;
    }
    const auto& message = std::get<auth::fleet_message>(opened);
    if (on_.listener.heard(message)) on_.counters.count_heard(message.kind);
}

void fleet_hearing::remove(const auth::log_position& entry) {
    const auto id = to_text(entry);
    on_.send(command({"XDEL", on_.names.log(), id}), operation::publish, on_.deadline(),
             [](const command_outcome&) {});
}

void fleet_hearing::caught_up() {
    has_read_all_ = true;
    told_.read();
}

void fleet_hearing::found_no_log() {
    on_.listener.rejected(auth::fleet_defect::type);
}

void fleet_hearing::misunderstood() {
    on_.listener.rejected(auth::fleet_defect::reply);
}

}  // namespace gate::store
