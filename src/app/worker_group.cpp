#include <gate/app/process_info.hpp>
#include <gate/app/worker_group.hpp>
#include <gate/core/latch.hpp>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>

namespace gate::app {

unsigned worker_count(const config::config& options) {
    return options.workers != 0 ? options.workers : cpu_quota();
}

void worker_group::make(unsigned count, const shared_parts& parts, const worker_settings& settings) {
    for (unsigned number = 0; number < count; ++number)
        workers_.push_back(std::make_unique<worker>(parts, settings, number));
}

void worker_group::listen(std::size_t listener, std::vector<worker_sockets> at) {
    for (std::size_t i = 0; i < workers_.size(); ++i) workers_[i]->listen(listener, std::move(at[i]));
}

void worker_group::listen_to_proxies(std::vector<worker_sockets> at) {
    for (std::size_t i = 0; i < workers_.size(); ++i) workers_[i]->listen_to_proxies(std::move(at[i]));
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

void worker_group::ask_all(const std::function<void()>& done) {
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
