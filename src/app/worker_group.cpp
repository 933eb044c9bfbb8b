#include <gate/app/process_info.hpp>
#include <gate/app/worker_group.hpp>
#include <gate/core/latch.hpp>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>

namespace gate::app {

unsigned worker_count(const config::config& options) {
    return options.workers != 0 ? options.workers : cpu_quota();
}

core::result<void> worker_group::open(unsigned count, const config::endpoint& where,
                                      const shared_parts& parts, const worker_settings& settings) {
    using sharing = net::listener::sharing;
    auto next = where;
    auto share = count > 1 ? sharing::first : sharing::none;
    for (unsigned number = 0; number < count; ++number) {
        workers_.push_back(std::make_unique<worker>(parts, settings, number));
        const auto opened = workers_.back()->listen(next, share);
        if (!opened) return opened.error();
        next.port = workers_.back()->local().port();
        share = sharing::further;
    }
    return {};
}

core::result<void> worker_group::open_to_proxies(const config::endpoint& where) {
    using sharing = net::listener::sharing;
    auto next = where;
    auto share = workers_.size() > 1 ? sharing::first : sharing::none;
    for (auto& each : workers_) {
        const auto opened = each->listen_to_proxies(next, share);
        if (!opened) return opened.error();
        next.port = each->local_for_proxies().port();
        share = sharing::further;
    }
    return {};
}

void worker_group::start() {
    for (auto& each : workers_) each->start();
}

void worker_group::look_at_addresses() {
    for (auto& each : workers_) each->look_at_addresses();
}

void worker_group::announce_drain() {
    for (auto& each : workers_) each->announce_drain();
}

void worker_group::drain() {
    for (auto& each : workers_) each->drain();
}

void worker_group::cut() {
    for (auto& each : workers_) each->cut();
}

void worker_group::stop() {
    for (auto& each : workers_) each->stop();
}

core::task<> worker_group::on_all(action act) {
    if (workers_.empty()) co_return;
    struct rounds {
        std::size_t left;
        core::latch over{};
    };
    const auto all = std::make_shared<rounds>(rounds{workers_.size()});
    for (auto& each : workers_) {
        act(*each, [this, all, keeps_running = boost::asio::make_work_guard(control_)] {
            boost::asio::post(control_, [all] {
                if (--all->left == 0) all->over.open();
            });
        });
    }
    co_await all->over;
}

void worker_group::ask_all(std::function<void()> done) {
    const auto left = std::make_shared<std::size_t>(workers_.size());
    for (auto& each : workers_) {
        each->answer([this, left, done] {
            boost::asio::post(control_, [left, done] {
                if (--*left == 0) done();
            });
        });
    }
}

std::size_t worker_group::count_sessions() const noexcept {
    std::size_t all = 0;
    for (const auto& each : workers_) all += each->sessions();
    return all;
}

}  // namespace gate::app
