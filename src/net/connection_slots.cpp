#include <gate/net/connection_slots.hpp>

#include <boost/asio/post.hpp>

#include <utility>

namespace gate::net {

connection_slots::~connection_slots() {
    for (auto* each = counts_.load(); each != nullptr;) delete std::exchange(each, each->next_);
}

connection_slots::place connection_slots::join(core::executor executor, member& one) {
    auto count = std::make_unique<leased_count>();
    const core::lock_guard lock(mutex_);
    workers_.push_back({executor, &one});
    const auto number = core_.join();
    count->next_ = counts_.load(std::memory_order_relaxed);
    counts_.store(count.get(), std::memory_order_release);
    return {number, count.release()};
}

void connection_slots::leave(const place& whose) noexcept {
    const core::lock_guard lock(mutex_);
    core_.leave(whose.number, leased());
    workers_[whose.number].pool = nullptr;
    carry_out();
}

void connection_slots::configure(std::size_t connections, std::uint64_t generation) noexcept {
    const core::lock_guard lock(mutex_);
    if (generation < generation_) return;
    generation_ = generation;
    core_.configure(connections);
    crowded_from_.store(core_.crowded_from(), std::memory_order_relaxed);
    carry_out();
}

bool connection_slots::ask(slot_request& one) noexcept {
    const core::lock_guard lock(mutex_);
    core_.ask(one, leased());
    const bool is_settled = one.now != slot_request::state::waiting;
    if (one.now == slot_request::state::granted) granted_.fetch_add(1, std::memory_order_relaxed);
    carry_out();
    return is_settled;
}

pool_core::expiry connection_slots::expire(slot_request& one, core::time_point now) noexcept {
    const core::lock_guard lock(mutex_);
    const auto what = core_.expire(one, now);
    carry_out();
    return what;
}

void connection_slots::release() noexcept {
    const core::lock_guard lock(mutex_);
    core_.release();
    carry_out();
}

pool_core::offer_result connection_slots::offer() noexcept {
    const core::lock_guard lock(mutex_);
    const auto what = core_.offer();
    if (what.to != nullptr) granted_.fetch_add(1, std::memory_order_relaxed);
    carry_out();
    return what;
}

void connection_slots::deliver(slot_request& to) noexcept {
    const core::lock_guard lock(mutex_);
    post_resume(to);
}

void connection_slots::has_looked(const place& whose) noexcept {
    const core::lock_guard lock(mutex_);
    core_.has_looked(whose.number, leased());
    carry_out();
}

bool connection_slots::is_full() const noexcept {
    const core::lock_guard lock(mutex_);
    return core_.is_full();
}

std::size_t connection_slots::in_use() const noexcept {
    const core::lock_guard lock(mutex_);
    return core_.in_use();
}

std::size_t connection_slots::leased() const noexcept {
    auto all = granted_.load(std::memory_order_relaxed);
    for (const auto* each = counts_.load(std::memory_order_acquire); each != nullptr; each = each->next_)
        all += each->value_.load(std::memory_order_relaxed);
    return all;
}

// The alerts come before the messages: a worker that has been told and has looked sees them from then on.
void connection_slots::carry_out() noexcept {
    using alert = slot_alerts;
    const auto bit = [](bool is_set, unsigned which) { return is_set ? which : 0U; };
    const auto now = static_cast<std::uint8_t>(bit(core_.somebody_waits(), alert::somebody_waits) |
                                               bit(core_.is_scarce(), alert::is_scarce) |
                                               bit(!core_.all_have_counted(), alert::not_all_have_counted) |
                                               bit(core_.is_exceeded(), alert::is_exceeded));
    if (alerts_.load(std::memory_order_relaxed) != now) alerts_.store(now, std::memory_order_relaxed);
    using kind = pool_core::action::kind;
    for (auto todo = core_.next_action(); todo.step != kind::none; todo = core_.next_action()) {
        if (todo.step == kind::ask_to_look) {
            tell_to_look(todo.worker);
            continue;
        }
        if (todo.request->now == slot_request::state::granted)
            granted_.fetch_add(1, std::memory_order_relaxed);
        post_resume(*todo.request);
    }
}

// Posted under the lock: a worker that has left may be gone.
void connection_slots::tell_to_look(unsigned number) noexcept {
    boost::asio::post(workers_[number].executor, [self = shared_from_this(), number] {
        member* pool = nullptr;
        {
            const core::lock_guard lock(self->mutex_);
            pool = self->workers_[number].pool;
        }
        if (pool != nullptr) pool->look();
    });
}

void connection_slots::post_resume(slot_request& request) noexcept {
    auto* const pool = workers_[request.worker].pool;
    boost::asio::post(workers_[request.worker].executor, [pool, &request] { pool->resume(request); });
}

}  // namespace gate::net
