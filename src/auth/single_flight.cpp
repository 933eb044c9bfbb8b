#include <gate/auth/single_flight.hpp>

#include <boost/asio/post.hpp>

#include <algorithm>
#include <list>
#include <utility>

namespace gate::auth {

// Both ways to resume a waiter (landing, deadline) run on its own thread, one after the other: the first
// settles it, the second finds it settled. So the coroutine is resumed once, and a handler that comes late
// touches no frame.
struct single_flight::waiter {
    explicit waiter(const core::executor& own) : executor(own), deadline(own) {}

    void settle(outcome with) {
        if (std::exchange(settled, true)) return;
        result = std::move(with);
        deadline.cancel();
        coroutine.resume();
    }

    core::executor executor;
    core::timer deadline;
    std::coroutine_handle<> coroutine;
    outcome result;
    bool settled = false;

    // Guarded by the mutex of the single_flight.
    bool listed = false;
    std::list<std::shared_ptr<waiter>>::iterator place;
};

// Guarded by the mutex of the single_flight.
struct single_flight::flight {
    std::optional<outcome> landed;
    bool is_called = false;
    core::time_point late_from = core::never;
    std::list<std::shared_ptr<waiter>> waiting;
};

struct single_flight::suspension {
    single_flight& owner;
    std::shared_ptr<flight> joined;
    std::shared_ptr<waiter> own;
    core::time_point deadline;

    bool await_ready() const noexcept { return false; }

    bool await_suspend(std::coroutine_handle<> awaiting) {
        core::expect_no_loans();
        own->coroutine = awaiting;
        // The coroutine may be resumed, and this object be gone, only after we return to the event loop:
        // landing posts to our thread.
        if (deadline != core::never) {
            own->deadline.expires_at(deadline);
            own->deadline.async_wait([&from = owner, to = joined, waiting = own](core::error_code ec) {
                if (ec || waiting->settled) return;
                waiting->settle(leave(from, *to, *waiting));
            });
        }
        const core::lock_guard lock(owner.mutex_);
        if (joined->landed) {
            own->settled = true;
            own->result = *joined->landed;
            return false;
        }
        own->place = joined->waiting.insert(joined->waiting.end(), own);
        own->listed = true;
        return true;
    }

    void await_resume() const noexcept {}

    // What is known of the flight by then.
    static outcome leave(single_flight& from, flight& left, waiter& who) {
        const core::lock_guard lock(from.mutex_);
        if (std::exchange(who.listed, false)) left.waiting.erase(who.place);
        if (left.landed) return *left.landed;
        outcome late;
        late.reason = left.is_called ? core::reason::gate_timeout : core::reason::gate_busy;
        late.may_outlive_ttl = core::clock::now() >= left.late_from;
        return late;
    }
};

single_flight::seat::~seat() {
    if (owner_ == nullptr) return;
    const core::lock_guard lock(owner_->mutex_);
    --owner_->waiters_;
}

void single_flight::limit_waiters(std::size_t most) {
    const core::lock_guard lock(mutex_);
    max_waiters_ = most;
}

std::optional<single_flight::seat> single_flight::join(const token_key& key) {
    const core::lock_guard lock(mutex_);
    if (waiters_ >= max_waiters_) return std::nullopt;
    const flight_id id(key, generation_);
    auto& entry = flights_[id];
    const bool leads = entry == nullptr;
    if (leads) entry = std::make_shared<flight>();
    ++waiters_;
    return seat(this, entry, id, leads);
}

void single_flight::close_to_newcomers() {
    const core::lock_guard lock(mutex_);
    ++generation_;
}

void single_flight::note_call(const flight_id& which, core::time_point late_from) {
    const core::lock_guard lock(mutex_);
    const auto found = flights_.find(which);
    if (found == flights_.end()) return;
    found->second->is_called = true;
    found->second->late_from = std::min(found->second->late_from, late_from);
}

core::task<outcome> single_flight::wait(seat joined, core::executor executor, core::time_point deadline) {
    const auto own = std::make_shared<waiter>(executor);
    suspension landing{*this, joined.flight_, own, deadline};
    co_await landing;
    own->deadline.cancel();
    co_return std::move(own->result);
}

void single_flight::land(const flight_id& which, const outcome& result) {
    std::list<std::shared_ptr<waiter>> resumed;
    {
        const core::lock_guard lock(mutex_);
        const auto found = flights_.find(which);
        if (found == flights_.end()) return;
        found->second->landed = result;
        resumed.swap(found->second->waiting);
        for (const auto& each : resumed) each->listed = false;
        flights_.erase(found);
    }
    // What is posted is the last that this thread knows of a waiter, whose timer must not outlive the event
    // loop that it belongs to.
    for (auto& each : resumed) {
        const auto executor = each->executor;
        core::asio::post(executor, [own = std::move(each), result] { own->settle(result); });
    }
}

std::size_t single_flight::flights() const {
    const core::lock_guard lock(mutex_);
    return flights_.size();
}

std::size_t single_flight::waiters() const {
    const core::lock_guard lock(mutex_);
    return waiters_;
}

}  // namespace gate::auth
