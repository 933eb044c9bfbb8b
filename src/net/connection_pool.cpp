#include <gate/net/connection_pool.hpp>

#include <boost/asio/post.hpp>

#include <algorithm>
#include <cassert>

namespace gate::net {

using core::reason;

namespace {

// How far down the idle ones are searched for one that has settled.
constexpr std::size_t searched = 8;

// How many are leased when fewer than an eighth are free.
constexpr std::size_t crowded_from(std::size_t connections) {
    return connections - (connections - 1) / 8;
}

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

struct connection_pool::waiter : waiting_line::place {
    std::coroutine_handle<> awaiting;
    deadline until;
    party* who;
    bool granted = false;

    waiter(connection_pool& pool, party* for_whom)
        : place(for_whom), until(pool.wheel_, &waiter::give_up, this), who(for_whom) {}

    static void give_up(void* self) {
        auto* gone = static_cast<waiter*>(self);
        gone->leave();
        gone->awaiting.resume();
    }
};

// Waits for one of the max_connections to come free; true if one did.
class connection_pool::slot_wait {
public:
    slot_wait(connection_pool& pool, party* who, core::time_point until)
        : pool_(pool), waiter_(pool, who), until_(until) {}

    bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<> awaiting) {
        waiter_.awaiting = awaiting;
        waiter_.until.set(until_);
        pool_.waiters_.join(waiter_);
    }
    bool await_resume() const noexcept { return waiter_.granted; }

private:
    connection_pool& pool_;
    waiter waiter_;
    core::time_point until_;
};

connection_pool::connection_pool(core::executor executor, deadline_wheel& wheel, pool_options options,
                                 address_source where, pool_gauges* gauges)
    : executor_(executor),
      wheel_(wheel),
      options_(options),
      where_(std::move(where)),
      gauges_(gauges),
      crowded_from_(crowded_from(options.max_connections)) {}

connection_pool::~connection_pool() {
    drain();
    assert(leased_ == 0 && waiters_.empty());
}

// Counts it as held.
connection_pool::lease::lease(connection_pool& pool, std::unique_ptr<connection> leased, bool reused,
                              party* who) noexcept
    : pool_(&pool), who_(who), connection_(std::move(leased)), reused_(reused) {
    ++pool.leased_;
    if (who != nullptr) who->take();
    pool.report();
}

connection_pool::lease::lease(lease&& other) noexcept
    : pool_(std::exchange(other.pool_, nullptr)),
      who_(std::exchange(other.who_, nullptr)),
      connection_(std::move(other.connection_)),
      reused_(other.reused_) {}

connection_pool::lease& connection_pool::lease::operator=(lease&& other) noexcept {
    drop();
    pool_ = std::exchange(other.pool_, nullptr);
    who_ = std::exchange(other.who_, nullptr);
    connection_ = std::move(other.connection_);
    reused_ = other.reused_;
    return *this;
}

stream& connection_pool::lease::operator*() const noexcept {
    return *connection_->bytes;
}

void connection_pool::lease::give_back(core::time_point now) {
    if (connection_) pool_->park(std::move(connection_), now);
    drop();
}

void connection_pool::lease::drop() noexcept {
    connection_.reset();
    if (auto* who = std::exchange(who_, nullptr)) who->give_back();
    if (auto* pool = std::exchange(pool_, nullptr)) pool->release_slot();
}

// Nothing has come behind the last response, not even an end.
bool connection_pool::is_clean(connection& candidate) noexcept {
    const auto seen = candidate.bytes->peek();
    return !seen.has_data && !seen.gone;
}

// Those who wait come first: nobody takes what is meant for them.
connection_pool::lease connection_pool::lease_idle(party* who) noexcept {
    if (!waiters_.empty() || granted_ > 0 || !may_lease(who)) return {};
    return take_idle(who);
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

// Rule 21: what the kernel has of an upstream that said more than it should, or has left, is looked for
// before the connection is used again, unless the event loop would have told.
connection_pool::lease connection_pool::take_idle(party* who) noexcept {
    while (!idle_.empty()) {
        const auto at = idle_.begin() + static_cast<std::ptrdiff_t>(best_idle());
        auto entry = std::move(*at);
        idle_.erase(at);
        entry->bytes->stop_watching();
        const bool is_suspect = !entry->has_settled() || entry->bytes->has_news();
        if (is_suspect && !is_clean(*entry)) continue;
        return {*this, std::move(entry), true, who};
    }
    return {};
}

core::task<core::result<connection_pool::lease>> connection_pool::lease_connection(preference which,
                                                                                   party* who) {
    // A fresh one is for a request that had its connection, which has failed.
    if (which == preference::any && !may_lease(who)) co_return reason::upstream_share_exceeded;
    if (which == preference::any) {
        if (auto ready = lease_idle(who)) co_return ready;
    } else if (!idle_.empty() && leased_ + idle_.size() >= options_.max_connections) {
        unpark(idle_.front().get());  // the oldest makes room for the fresh one
    }
    if (leased_ + idle_.size() >= options_.max_connections) {
        const bool granted = co_await slot_wait(*this, who, core::clock::now() + options_.wait);
        if (!granted) co_return reason::upstream_busy;
        --granted_;
        --leased_;  // the lease counts anew
        if (who != nullptr) who->give_back();
        if (which == preference::any) {
            auto ready = take_idle(who);
            if (ready) co_return ready;
        }
        if (!idle_.empty() && leased_ + idle_.size() >= options_.max_connections) unpark(idle_.front().get());
    }
    lease opening(*this, nullptr, false, who);  // holds the slot whatever comes
    auto made = co_await connect(executor_, wheel_, where_(), core::clock::now() + options_.connect_timeout);
    if (!made) co_return made.error();
    opening.connection_ = std::unique_ptr<connection>(new connection{*this, std::move(*made)});
    co_return opening;
}

void connection_pool::park(std::unique_ptr<connection> entry, core::time_point now) {
    const bool is_one_too_many = leased_ + idle_.size() > options_.max_connections;
    if (draining_ || options_.idle_timeout.count() == 0 || is_one_too_many) return;
    if (entry->bytes->may_have_more() && !is_clean(*entry)) return;
    auto* idle = entry.get();
    idle_.push_back(std::move(entry));
    idle->parked_at = readiness::now();
    idle->idle_until = now + options_.idle_timeout;
    idle->bytes->watch(&connection::on_event, idle, idle->idle_until);
}

void connection_pool::unpark(connection* which) noexcept {
    const auto found =
        std::find_if(idle_.begin(), idle_.end(), [&](const auto& e) { return e.get() == which; });
    assert(found != idle_.end());
    (*found)->bytes->stop_watching();
    idle_.erase(found);
    report();
}

// The slot goes to the next in line, who then takes an idle connection or opens one.
void connection_pool::release_slot() noexcept {
    assert(leased_ > 0);
    // Whoever is next takes an idle one, if there is one. The limit may have become lower.
    const auto then = leased_ + idle_.size() - (idle_.empty() ? 0 : 1);
    auto* const next = then <= options_.max_connections ? next_waiter() : nullptr;
    if (next != nullptr) return grant(*next);
    --leased_;
    report();
}

connection_pool::waiter* connection_pool::next_waiter() noexcept {
    return static_cast<waiter*>(waiters_.next());
}

// Precondition: its slot counts as leased.
void connection_pool::grant(waiter& next) noexcept {
    next.granted = true;
    if (next.who != nullptr) next.who->take();
    ++granted_;
    next.until.clear();
    boost::asio::post(executor_, [awaiting = next.awaiting] { awaiting.resume(); });
}

void connection_pool::configure(const pool_options& options) noexcept {
    options_ = options;
    crowded_from_ = crowded_from(options.max_connections);
    const bool keeps_none = options.idle_timeout.count() == 0;
    while (!idle_.empty() && (keeps_none || leased_ + idle_.size() > options.max_connections))
        unpark(idle_.front().get());
    while (leased_ + idle_.size() < options.max_connections) {
        auto* const next = next_waiter();
        if (next == nullptr) return;
        ++leased_;
        grant(*next);
    }
}

void connection_pool::drain() noexcept {
    draining_ = true;
    while (!idle_.empty()) unpark(idle_.back().get());
}

}  // namespace gate::net
