#include "slot_wait.hpp"

#include <gate/net/connection_pool.hpp>

#include <algorithm>
#include <cassert>
#include <utility>

namespace gate::net {

using core::reason;

namespace {

// How far down the idle ones are searched for one that has settled.
constexpr std::size_t searched = 8;

}  // namespace

void connection_pool::connection::on_event(void* self, wait_status status) {
    auto* idle = static_cast<connection*>(self);
    const auto seen = idle->bytes->peek();
    if (status == wait_status::ready && !seen.has_data && !seen.gone) {
        idle->bytes->watch(&on_event, idle, idle->idle_until);  // an event of before
    } else {
        idle->pool.unpark(idle);
    }
}

connection_pool::connection_pool(core::executor executor, deadline_wheel& wheel, pool_options options,
                                 address_source where)
    : connection_pool(executor, wheel, options, std::move(where), surroundings()) {}

connection_pool::connection_pool(core::executor executor, deadline_wheel& wheel, pool_options options,
                                 address_source where, surroundings with)
    : executor_(executor),
      wheel_(wheel),
      options_(options),
      where_(executor_, std::move(where)),
      with_(std::move(with)) {
    if (!with_.slots) with_.slots = std::make_shared<connection_slots>();
    place_ = with_.slots->join(executor_, *this);
    with_.slots->configure(options_.max_connections, options_.generation);
}

connection_pool::~connection_pool() {
    drain();
    assert(leased_ == 0 && waiting_ == 0);
    with_.slots->leave(place_);
}

void connection_pool::change_leased(std::size_t leased) noexcept {
    leased_ = leased;
    place_.leased->set(leased);
}

void connection_pool::close_leased() noexcept {
    change_leased(leased_ - 1);
    with_.slots->release();
    report();
}

// Nothing has arrived after the last response, not even an end.
bool connection_pool::is_clean(connection& candidate) noexcept {
    const auto seen = candidate.bytes->peek();
    return !seen.has_data && !seen.gone;
}

// Waiting requests go first: no other request may take a connection that is meant for them.
connection_pool::lease connection_pool::lease_idle(party* holder) noexcept {
    const auto now = with_.slots->alerts();
    if (!now.none() && (now.has(slot_alerts::somebody_waits) || !with_.slots->may_lease(holder, now)))
        return {};
    auto found = take_idle();
    if (!found) return {};
    if (holder != nullptr) holder->take(now.has(slot_alerts::is_scarce));
    return {*this, std::move(found), true, holder};
}

// The one that was given back last, of those that have settled: it is the warmest, and the others may grow
// old. The oldest has settled if any has.
std::size_t connection_pool::best_idle() const noexcept {
    const auto lowest = idle_.size() - std::min(idle_.size(), searched);
    for (auto at = idle_.size(); at-- > lowest;) {
        if (idle_[at]->has_settled()) return at;
    }
    return idle_.front()->has_settled() ? 0 : idle_.size() - 1;
}

connection_pool::entry connection_pool::take_out(std::size_t at) noexcept {
    const auto found = idle_.begin() + static_cast<std::ptrdiff_t>(at);
    auto out = std::move(*found);
    idle_.erase(found);
    out->bytes->stop_watching();
    return out;
}

// Rule 21: what the kernel has of an upstream that said more than it should, or has left, is looked for
// before the connection is used again, unless the event loop would have told.
connection_pool::entry connection_pool::take_idle() noexcept {
    while (!idle_.empty()) {
        auto found = take_out(best_idle());
        const bool is_suspect = !found->has_settled() || found->bytes->has_news();
        if (!is_suspect || is_clean(*found)) return found;
        found.reset();
        with_.slots->release();
    }
    return {};
}

// Closes the oldest idle connection where no other slot is left: its slot is for the fresh one.
bool connection_pool::replaces_idle(preference which) noexcept {
    if (which != preference::fresh || idle_.empty() || !with_.slots->is_full()) return false;
    take_out(0).reset();
    return true;
}

core::task<core::result<connection_pool::lease>> connection_pool::lease_connection(preference which,
                                                                                   party* holder) {
    entry found;
    if (which == preference::any) {
        if (auto ready = lease_idle(holder)) co_return ready;
    }
    if (replaces_idle(which)) {
        if (holder != nullptr) holder->take(with_.slots->alerts().has(slot_alerts::is_scarce));
    } else {
        waiter request(*this, holder, which, core::clock::now() + options_.wait);
        slot_wait settled(request);
        const auto outcome = co_await settled;
        if (outcome == slot_request::state::share_exceeded) co_return reason::upstream_share_exceeded;
        if (outcome != slot_request::state::granted) co_return reason::upstream_busy;
        found = received(request);
        with_.slots->has_resumed();
    }
    const bool is_usable = found && which == preference::any && is_clean(*found);
    if (!is_usable) found.reset();
    lease out(*this, std::move(found), is_usable, holder);  // holds the slot whatever comes
    if (is_usable) co_return out;
    auto opened = co_await open();
    if (!opened) co_return opened.error();
    out.connection_ = std::move(*opened);
    co_return out;
}

void connection_pool::park(entry given, core::time_point now) {
    change_leased(leased_ - 1);
    if (!may_stay(*given)) {
        given.reset();
        with_.slots->release();
    } else if (!goes_to_others(given)) {
        auto* idle = given.get();
        idle_.push_back(std::move(given));
        idle->parked_at = readiness::now();
        idle->idle_until = now + options_.idle_timeout;
        idle->bytes->watch(&connection::on_event, idle, idle->idle_until);
    }
    report();
}

bool connection_pool::may_stay(connection& candidate) noexcept {
    if (draining_ || options_.idle_timeout.count() == 0) return false;
    if (candidate.changes != changes_ && !leads_to_upstream(candidate)) return false;
    return !candidate.bytes->may_have_more() || is_clean(candidate);
}

void connection_pool::unpark(connection* which) noexcept {
    const auto found =
        std::find_if(idle_.begin(), idle_.end(), [&](const auto& e) { return e.get() == which; });
    assert(found != idle_.end());
    close_idle(static_cast<std::size_t>(found - idle_.begin()));
}

void connection_pool::close_idle(std::size_t at) noexcept {
    take_out(at).reset();
    with_.slots->release();
    report();
}

void connection_pool::configure(const pool_options& options) noexcept {
    options_ = options;
    while (!idle_.empty() && options.idle_timeout.count() == 0) close_idle(0);
    with_.slots->configure(options.max_connections, options.generation);
    if (with_.slots->alerts().has(slot_alerts::is_exceeded)) offer_idle();
    report();
}

void connection_pool::drain() noexcept {
    draining_ = true;
    while (!idle_.empty()) close_idle(idle_.size() - 1);
}

}  // namespace gate::net
