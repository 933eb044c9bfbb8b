#include <gate/auth/lane_circuits.hpp>

#include <algorithm>

namespace gate::auth {

void lane_circuits::note_failure(lane which, const asker& who, core::time_point now) noexcept {
    const bool was_open = which == lane::unknown ? unknown_.is_open_to_some() : known_.is_open_to_some();
    if (which == lane::unknown) {
        unknown_.note_failure(who.from.value_or(client_id{}));
    } else {
        known_.note_failure(who.token);
    }
    if (!was_open) last_probe(which) = {.at = now, .before = now};
}

void lane_circuits::reset() noexcept {
    known_.reset();
    unknown_.reset();
    unknown_turns_.reset();
}

bool lane_circuits::is_closed_to(lane which, const asker& who) const noexcept {
    if (known_.is_open()) return true;
    return which == lane::unknown ? unknown_.is_open_to(who.from.value_or(client_id{}))
                                  : known_.is_open_to(who.token);
}

bool lane_circuits::is_open(lane which) const noexcept {
    return known_.is_open() || (which == lane::unknown && unknown_.is_open_to_some());
}

core::time_point lane_circuits::turn_to_probe(lane which, const asker& who, core::time_point now) noexcept {
    if (which != lane::unknown) return last_known_probe_.at + probe_interval_;
    return unknown_turns_.turn_of(network_of(who.from.value_or(client_id{})), next_unknown_probe(), now);
}

void lane_circuits::note_probe(lane which, const asker& who, core::time_point now) noexcept {
    const auto network = network_of(who.from.value_or(client_id{}));
    auto& last = last_probe(which);
    last = {now, last.at, who.token, network};
    if (which == lane::unknown) unknown_turns_.note_probe(network, now);
}

void lane_circuits::take_back_probe(lane which, const asker& who) noexcept {
    auto& last = last_probe(which);
    if (!(last.token == who.token)) return;
    if (which == lane::unknown) unknown_turns_.take_back(last.network);
    last = {.at = last.before, .before = last.before};
}

core::time_point lane_circuits::next_unknown_probe() const noexcept {
    if (!known_.is_open()) return last_unknown_probe_.at + probe_interval_;
    return std::max(last_known_probe_.at, last_unknown_probe_.at) + probe_interval_ + probe_interval_ / 2;
}

}  // namespace gate::auth
