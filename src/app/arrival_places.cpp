#include <gate/app/arrival_places.hpp>

namespace gate::app {
namespace {

bool has_sent_nothing(net::arrival_slots::slot& one) {
    auto& its = static_cast<arrival_place&>(one);
    return !its.has_proxy_header && !net::has_begun_handshake(its.connection()) &&
           !its.connection().peek().has_data;
}

}  // namespace

telemetry::handshake_outcome outcome_of(net::handshake_result result, arrival_place::ending ended) noexcept {
    using telemetry::handshake_outcome;
    if (ended == arrival_place::ending::overdue) return handshake_outcome::timeout;
    if (ended != arrival_place::ending::open) return handshake_outcome::refused;
    switch (result) {
        case net::handshake_result::ok: return handshake_outcome::ok;
        case net::handshake_result::timed_out: return handshake_outcome::timeout;
        case net::handshake_result::refused: return handshake_outcome::refused;
        default: return handshake_outcome::error;
    }
}

arrival_places::arrival_places(net::deadline_wheel& wheel, std::size_t most, core::duration patience)
    : slots_(most, patience),
      due_(
          wheel, [](void* self) { static_cast<arrival_places*>(self)->end_overdue(); }, this) {}

void arrival_places::configure(core::duration patience) {
    slots_.configure(patience);
    due_.set(slots_.due());
}

void arrival_places::enter(arrival_place& one) {
    if (slots_.is_full()) {
        slots_.note_hellos([](net::arrival_slots::slot& each) {
            return net::has_said_hello(static_cast<arrival_place&>(each).connection());
        });
    }
    auto* const goes = slots_.enter(one, core::clock::now());
    if (goes != nullptr) end(*goes, arrival_place::ending::gave_way);
    due_.set(slots_.due());
}

void arrival_places::leave(arrival_place& one) noexcept {
    slots_.leave(one);
    due_.set(slots_.due());
}

void arrival_places::drain() {
    while (auto* const one = slots_.take_silent(&has_sent_nothing)) end(*one, arrival_place::ending::cut);
    due_.set(slots_.due());
}

void arrival_places::cut() {
    while (auto* const one = slots_.take_oldest()) end(*one, arrival_place::ending::cut);
    due_.clear();
}

void arrival_places::end_overdue() {
    const auto now = core::clock::now();
    while (auto* const one = slots_.take_overdue(now)) end(*one, arrival_place::ending::overdue);
    due_.set(slots_.due());
}

void arrival_places::end(net::arrival_slots::slot& one, arrival_place::ending why) {
    auto& connection = static_cast<arrival_place&>(one);
    connection.ended = why;
    connection.connection().cut();
}

}  // namespace gate::app
