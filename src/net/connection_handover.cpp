// What the pools of several workers do for each other.
#include "slot_wait.hpp"

#include <gate/net/connection_pool.hpp>

#include <utility>

namespace gate::net {

// Hands the connection to a request that waits, here or on another worker, or closes it because there are too
// many.
bool connection_pool::goes_to_others(entry& given) noexcept {
    constexpr auto concerned = slot_alerts::somebody_waits | slot_alerts::is_exceeded;
    if (!with_.slots->alerts().has(concerned)) return false;
    const auto result = with_.slots->offer();
    using kind = pool_core::offer_result::kind;
    if (result.step == kind::close) given.reset();
    if (result.step == kind::hand_over) hand_over(std::move(given), *result.to);
    return result.step != kind::keep;
}

void connection_pool::offer_idle() noexcept {
    while (!idle_.empty()) {
        const auto result = with_.slots->offer();
        using kind = pool_core::offer_result::kind;
        if (result.step == kind::keep) break;
        auto given = take_out(result.step == kind::close ? 0 : best_idle());
        if (result.step == kind::hand_over) hand_over(std::move(given), *result.to);
    }
}

void connection_pool::look() noexcept {
    if (with_.parties != nullptr) with_.parties->count_all();
    offer_idle();
    with_.slots->has_looked(place_);
    report();
}

// What another worker has handed over goes on here with an event loop of its own.
connection_pool::entry connection_pool::received(waiter& from) noexcept {
    if (from.own) return std::move(from.own);
    if (from.others_tls != tls_.generation) return {};  // one of us has still to learn of a reload
    try {
        auto bytes = stream::attach(std::move(from.others), executor_, wheel_);
        if (!bytes) return {};
        return entry(new connection{.pool = *this, .bytes = std::move(bytes), .changes = tls_changed_});
    } catch (const std::exception&) {  // want of memory
        return {};
    }
}

void connection_pool::hand_over(entry given, slot_request& to) noexcept {
    auto& receiver = static_cast<waiter&>(to);
    if (&receiver.pool == this) {
        receiver.own = std::move(given);
    } else {
        receiver.others = given->bytes->detach();
        receiver.others_tls = tls_.generation;
    }
    with_.slots->deliver(to);
}

void connection_pool::resume(slot_request& settled) noexcept {
    auto& one = static_cast<waiter&>(settled);
    one.due.clear();
    one.awaiting.resume();
}

}  // namespace gate::net
