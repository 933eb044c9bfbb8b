#include "fleet_runner.hpp"

#include <gate/store/fleet_log.hpp>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>

#include <coroutine>
#include <utility>

namespace gate::store {
namespace {

// Hands a question over to the store's thread, and comes back with its answer.
template <class Answer, class Ask>
class handing_over {
public:
    handing_over(core::executor there, core::executor here, Ask ask)
        : there_(std::move(there)), here_(core::asio::make_work_guard(here)), ask_(std::move(ask)) {}

    bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<> awaiting) {
        core::expect_no_loans();
        core::asio::post(there_, [this, awaiting] {
            ask_([this, awaiting](Answer answer) {
                answer_ = std::move(answer);
                core::asio::post(here_.get_executor(), [awaiting] { awaiting.resume(); });
            });
        });
    }
    Answer await_resume() noexcept { return std::move(answer_); }

private:
    core::executor there_;
    core::asio::executor_work_guard<core::executor> here_;
    Ask ask_;
    Answer answer_{};
};

template <class Answer, class Ask>
handing_over<Answer, Ask> hand_over(core::executor there, core::executor here, Ask ask) {
    return {std::move(there), std::move(here), std::move(ask)};
}

}  // namespace

fleet_log::fleet_log(const fleet_log_options& options, const fleet_keys& keys, auth::fleet_listener& listener,
                     const telemetry::event_log* events)
    : runner_(std::make_unique<runner>(options, keys, listener, events)) {}

fleet_log::~fleet_log() {
    stop();
}

void fleet_log::start() {
    runner_->start();
}

void fleet_log::stop() {
    runner_->stop();
}

void fleet_log::use_tls(std::shared_ptr<const net::client_tls_material> material) {
    runner_->use_tls(std::move(material));
}

void fleet_log::use_lives(core::duration memory, core::duration message_life) {
    core::asio::post(runner_->executor(), [runner = runner_.get(), memory, message_life] {
        runner->use_lives(memory, message_life);
    });
}

core::task<auth::fleet_turn> fleet_log::begin(auth::fleet_question question, core::executor executor) {
    if (!runner_->counters().is_connected()) co_return auth::fleet_turn{};
    const auto deadline = core::clock::now() + runner_->timeout();
    auto handed = hand_over<auth::fleet_turn>(
        runner_->executor(), std::move(executor),
        [this, &question, deadline](auto then) { runner_->begin(question, deadline, std::move(then)); });
    auto turn = co_await handed;
    co_return turn;
}

void fleet_log::finish(auth::fleet_lock lock, auth::fleet_result result) {
    core::asio::post(runner_->executor(),
                     [runner = runner_.get(), lock, result = std::move(result)]() mutable {
                         runner->finish(lock, std::move(result));
                     });
}

core::task<bool> fleet_log::publish(auth::fleet_notice notice, core::executor executor) {
    if (!runner_->counters().is_connected()) {
        announce(std::move(notice));
        co_return false;
    }
    auto handed = hand_over<bool>(runner_->executor(), std::move(executor), [this, &notice](auto then) {
        runner_->publish(std::move(notice), std::move(then));
    });
    const bool is_acknowledged = co_await handed;
    co_return is_acknowledged;
}

void fleet_log::announce(auth::fleet_notice notice) {
    core::asio::post(runner_->executor(), [runner = runner_.get(), notice = std::move(notice)]() mutable {
        runner->publish(std::move(notice), {});
    });
}

void fleet_log::collect(telemetry::metrics_snapshot& into) const {
    runner_->counters().collect(into);
}

auth::fleet::statistics fleet_log::stats() const {
    return {runner_->counters().is_connected(), runner_->counters().replicas()};
}

}  // namespace gate::store
