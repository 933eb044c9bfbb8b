// What fleet_log does when the store appears, disappears, or answers its probe.
#include "fleet_runner.hpp"

namespace gate::store {

std::string fleet_log::runner::probe() {
    return beat_.probe();
}

bool fleet_log::runner::probed(const command_outcome& outcome) {
    counters_.count(operation::beat, outcome.failure, outcome.received - outcome.sent);
    return beat_.take(outcome);
}

void fleet_log::runner::appeared(bool is_new) {
    counters_.set_connected(true);
    notes_.appeared();
    if (is_new) {
        access_.listener.connected();
        has_read_blocks_ = false;
    }
    begin_again();
    hearing_.follow(is_new);
    arm();
}

// Whatever the store should have is sent again.
void fleet_log::runner::begin_again() {
    if (!commands_.is_there()) return;
    locks_.give_back_again();
    sender_.begin_again();
    next_merge_ = core::clock::now();
    arm();
}

void fleet_log::runner::disappeared(fault why, std::string_view said) {
    counters_.set_connected(false);
    access_.listener.away();
    if (!is_stopping_) notes_.away(why, said);
}

void fleet_log::runner::could_not_connect(fault why, std::string_view said) {
    if (is_stopping_ || commands_.is_there()) return;
    access_.listener.away();
    notes_.away(why, said);
}

void fleet_log::runner::was_late() {
    access_.listener.away();
}

void fleet_log::runner::keys_move() {
    notes_.keys_move(core::clock::now());
}

// A replica that does not hear the others is on its own, whatever else the store does for it.
void fleet_log::runner::cannot_read(fault why, std::string_view said) {
    if (is_stopping_ || !commands_.is_there()) return;
    counters_.set_readable(false);
    access_.listener.away();
    notes_.unreadable(why, said);
}

void fleet_log::runner::can_read() {
    counters_.set_readable(true);
    notes_.readable();
}

void fleet_log::runner::tell_caught_up() {
    if (!hearing_.has_read_all() || !has_read_blocks_) return;
    access_.listener.caught_up();
    notes_.caught_up();
}

}  // namespace gate::store
