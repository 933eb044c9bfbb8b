#include <gate/auth/governor.hpp>

#include <boost/asio/post.hpp>

#include <utility>

namespace gate::auth {
namespace {

constexpr std::size_t index_of(lane which) {
    return static_cast<std::size_t>(which);
}

constexpr admission leaving{admission::kind::refuse, core::reason::draining, {}, false};
constexpr admission busy{admission::kind::refuse, core::reason::gate_busy, {}, false};

}  // namespace

struct governor::waiter {
    lane which;
    auth::asker asker;
    core::executor executor;
    core::time_point deadline;
    veto objection;
    std::coroutine_handle<> coroutine{};
    admission answer{};
};

struct governor::suspension {
    governor& owner;
    std::shared_ptr<waiter> own;
    core::time_point now;

    bool await_ready() const noexcept { return false; }

    // The waiting call is resumed by a handler of its own event loop, which runs after this has returned.
    bool await_suspend(std::coroutine_handle<> awaiting) {
        core::expect_no_loans();
        own->coroutine = awaiting;
        const core::lock_guard lock(owner.mutex_);
        own->answer = owner.consult(own->which, own->asker, now);
        auto& line = owner.waiting_[index_of(own->which)];
        if (own->answer.step == admission::kind::wait && line.size() >= owner.max_waiting_)
            own->answer = busy;
        if (own->answer.step == admission::kind::wait) {
            line.push_back(own);
            return true;
        }
        owner.note(own->which, own->answer);
        return false;
    }

    void await_resume() const noexcept {}
};

governor::governor(const governor_core::options& how, std::size_t max_waiting, std::uint64_t seed,
                   accuser hold_against)
    : hold_against_(std::move(hold_against)), max_waiting_(max_waiting), core_(how, seed) {}

governor::~governor() = default;

admission governor::consult(lane which, const asker& who, core::time_point now) {
    if (closed_) return leaving;
    if (!waiting_[index_of(which)].empty())
        return {admission::kind::wait, core::reason::gate_busy, {}, false};
    return core_.ask(which, who, now);
}

void governor::note(lane which, const admission& answer) {
    if (answer.step == admission::kind::refuse) ++refused_[index_of(which)];
}

admission governor::ask(lane which, const asker& who, core::time_point now) {
    const core::lock_guard lock(mutex_);
    const auto out = consult(which, who, now);
    note(which, out);
    return out;
}

core::task<admission> governor::admit(lane which, asker who, core::executor executor, core::time_point now,
                                      core::time_point deadline, veto objection) {
    auto own = std::make_shared<waiter>(waiter{which, who, executor, deadline, std::move(objection)});
    suspension turn{*this, own, now};
    co_await turn;
    co_return own->answer;
}

// Lets go whom the core lets go, in their order. Whom it refuses is refused; none of those after one that has
// to wait has a better claim.
void governor::serve(lane which, core::time_point now, queue& served) {
    auto& line = waiting_[index_of(which)];
    while (!line.empty()) {
        auto& next = *line.front();
        next.answer = busy;
        if (now < next.deadline) {
            if (next.objection) next.answer = next.objection();
            if (!next.objection || next.answer.step != admission::kind::refuse)
                next.answer = core_.ask(which, next.asker, now);
        }
        if (next.answer.step == admission::kind::wait) return;
        note(which, next.answer);
        served.push_back(std::move(line.front()));
        line.pop_front();
    }
}

governor::queue governor::serve_all(core::time_point now) {
    queue served;
    serve(lane::known, now, served);
    serve(lane::unknown, now, served);
    return served;
}

void governor::resume(queue served) {
    for (auto& each : served) {
        const auto executor = each->executor;
        core::asio::post(executor, [own = std::move(each)] { own->coroutine.resume(); });
    }
}

void governor::ended(lane which, const asker& who, const call_result& result, core::time_point now) {
    queue served;
    {
        const core::lock_guard lock(mutex_);
        ++made_[index_of(which)];
        for (const auto& each : core_.ended(which, who, result, now)) {
            if (hold_against_) hold_against_(each, now);
        }
        served = serve_all(now);
    }
    resume(std::move(served));
}

void governor::withdraw(lane which, const asker& who, core::time_point now) {
    queue served;
    {
        const core::lock_guard lock(mutex_);
        core_.withdraw(which, who, now);
        served = serve_all(now);
    }
    resume(std::move(served));
}

void governor::key_changed(core::time_point now) {
    queue served;
    {
        const core::lock_guard lock(mutex_);
        core_.key_changed();
        served = serve_all(now);
    }
    resume(std::move(served));
}

void governor::configure(const governor_core::options& how, std::size_t max_waiting, core::time_point now) {
    queue served;
    {
        const core::lock_guard lock(mutex_);
        max_waiting_ = max_waiting;
        core_.configure(how, now);
        served = serve_all(now);
    }
    resume(std::move(served));
}

void governor::spent(core::time_point now) {
    const core::lock_guard lock(mutex_);
    core_.spent(now);
}

bool governor::is_open(lane which) const {
    const core::lock_guard lock(mutex_);
    return core_.is_open(which);
}

core::duration governor::patience(lane which, const asker& who) const {
    const core::lock_guard lock(mutex_);
    return core_.patience(which, who);
}

void governor::close() {
    queue turned_away;
    {
        const core::lock_guard lock(mutex_);
        closed_ = true;
        for (auto& line : waiting_) {
            for (auto& each : line) {
                each->answer = leaving;
                turned_away.push_back(std::move(each));
            }
            line.clear();
        }
    }
    resume(std::move(turned_away));
}

bool governor::may_retry(lane which, const asker& who, const call_result& result, core::time_point now) {
    const core::lock_guard lock(mutex_);
    const bool may = core_.may_retry(which, who, result, now);
    retries_ += may ? 1 : 0;
    return may;
}

core::duration governor::retry_delay() {
    const core::lock_guard lock(mutex_);
    return core_.retry_delay();
}

void governor::rate_limited(std::chrono::seconds retry_after, core::time_point now) {
    const core::lock_guard lock(mutex_);
    core_.rate_limited(retry_after, now);
}

void governor::pause(core::time_point until, core::time_point now) {
    const core::lock_guard lock(mutex_);
    core_.pause(until, now);
}

void governor::told(unsigned limit, unsigned remaining, core::time_point asked, core::time_point now) {
    const core::lock_guard lock(mutex_);
    core_.told(limit, remaining, asked, now);
}

void governor::share_budget_with(unsigned replicas) {
    const core::lock_guard lock(mutex_);
    core_.share_budget_with(replicas);
}

std::chrono::seconds governor::time_left(core::time_point now) const {
    const core::lock_guard lock(mutex_);
    return core_.time_left(now);
}

governor::statistics governor::stats() const {
    const core::lock_guard lock(mutex_);
    statistics out{core_.under_way(),
                   0,
                   core_.is_open(lane::known),
                   core_.is_open(lane::unknown),
                   refused_,
                   made_,
                   retries_,
                   core_.limit()};
    for (const auto& line : waiting_) out.waiting += line.size();
    return out;
}

}  // namespace gate::auth
