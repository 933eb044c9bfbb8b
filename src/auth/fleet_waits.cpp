#include <gate/auth/fleet_waits.hpp>

#include <boost/asio/post.hpp>

#include <utility>
#include <vector>

namespace gate::auth {

// As in single_flight: both ways to resume it run on its own thread, and the first settles it.
struct fleet_waits::waiter {
    explicit waiter(const core::executor& own) : executor(own), end(own) {}

    void settle(fleet_news with) {
        if (std::exchange(settled, true)) return;
        result = std::move(with);
        end.cancel();
        coroutine.resume();
    }

    core::executor executor;
    core::timer end;
    std::coroutine_handle<> coroutine;
    fleet_news result;
    bool settled = false;
};

// Guarded by the mutex.
struct fleet_waits::slot {
    std::optional<fleet_news> told;
    std::optional<log_position> where;
    std::shared_ptr<waiter> waiting;
};

struct fleet_waits::suspension {
    fleet_waits& owner;
    std::shared_ptr<slot> from;
    std::shared_ptr<waiter> own;
    core::duration span;
    std::optional<log_position> where;

    bool await_ready() const noexcept { return false; }

    bool await_suspend(std::coroutine_handle<> awaiting) {
        core::expect_no_loans();
        own->coroutine = awaiting;
        own->end.expires_after(span);
        own->end.async_wait([&to = owner, left = from, waiting = own](core::error_code ec) {
            if (ec || waiting->settled) return;
            {
                const core::lock_guard lock(to.mutex_);
                if (left->waiting == waiting) left->waiting.reset();
            }
            waiting->settle({});
        });
        const core::lock_guard lock(owner.mutex_);
        if (from->told) {
            own->result = *std::exchange(from->told, std::nullopt);
            own->settled = true;
        } else if (where && owner.position_ >= *where) {
            own->result.event = fleet_news::kind::reached;
            own->settled = true;
        }
        if (own->settled) return false;
        from->where = where;
        from->waiting = own;
        return true;
    }

    void await_resume() const noexcept {}
};

fleet_waits::place fleet_waits::listen(const token_key& key) {
    auto made = std::make_shared<slot>();
    const core::lock_guard lock(mutex_);
    slots_[key].push_back(made);
    return {*this, key, std::move(made)};
}

fleet_waits::place::~place() {
    if (own_ == nullptr) return;
    const core::lock_guard lock(owner_.mutex_);
    const auto found = owner_.slots_.find(key_);
    found->second.remove(own_);
    if (found->second.empty()) owner_.slots_.erase(found);
}

core::task<fleet_news> fleet_waits::wait(const place& from, core::executor executor, core::duration span,
                                         std::optional<log_position> where) {
    const auto own = std::make_shared<waiter>(executor);
    suspension news{*this, from.own_, own, span, where};
    co_await news;
    own->end.cancel();
    co_return std::move(own->result);
}

// What is posted is the last that this thread knows of a waiter.
template <class Which>
void fleet_waits::wake(Which&& which, const fleet_news& news) {
    std::vector<std::shared_ptr<waiter>> resumed;
    {
        const core::lock_guard lock(mutex_);
        for (auto& [key, all] : slots_) {
            for (auto& each : all) {
                if (each->waiting && which(*each)) resumed.push_back(std::exchange(each->waiting, nullptr));
            }
        }
    }
    for (auto& each : resumed) {
        const auto executor = each->executor;
        core::asio::post(executor, [own = std::move(each), news] { own->settle(news); });
    }
}

void fleet_waits::tell(const token_key& key, const fleet_news& news) {
    std::vector<std::shared_ptr<waiter>> resumed;
    {
        const core::lock_guard lock(mutex_);
        const auto found = slots_.find(key);
        if (found == slots_.end()) return;
        for (auto& each : found->second) {
            if (each->waiting) {
                resumed.push_back(std::exchange(each->waiting, nullptr));
            } else if (!each->told || each->told->event <= news.event) {
                each->told = news;
            }
        }
    }
    for (auto& each : resumed) {
        const auto executor = each->executor;
        core::asio::post(executor, [own = std::move(each), news] { own->settle(news); });
    }
}

void fleet_waits::move_to(const log_position& where) {
    {
        const core::lock_guard lock(mutex_);
        position_ = where;
    }
    fleet_news news;
    news.event = fleet_news::kind::reached;
    wake([&where](const slot& each) { return each.where && where >= *each.where; }, news);
}

void fleet_waits::went_away() {
    fleet_news news;
    news.event = fleet_news::kind::away;
    wake([](const slot&) { return true; }, news);
}

log_position fleet_waits::position() const {
    const core::lock_guard lock(mutex_);
    return position_;
}

}  // namespace gate::auth
