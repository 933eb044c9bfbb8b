#include <gate/app/service_manager.hpp>

#include <algorithm>
#include <cstdint>
#include <ctime>
#include <string>

namespace gate::app {
namespace {

constexpr core::duration shortest_interval{1};

constexpr std::string_view serving = "serving";
constexpr std::string_view draining_now = "draining: new connections are still accepted";

std::uint64_t monotonic_microseconds() {
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000 +
           static_cast<std::uint64_t>(now.tv_nsec) / 1000;
}

std::string with_status(std::string_view state, std::string_view status) {
    return std::string(state).append("\nSTATUS=").append(status);
}

}  // namespace

service_manager::service_manager(core::executor control, service_variables from, telemetry::event_log& events)
    : events_(events), interval_(from.watchdog / 2), timer_(control) {
    if (!from.problem.empty()) events_.warn(from.problem);
    if (from.notify_socket.empty()) return;
    auto opened = notify_socket::open(from.notify_socket);
    if (opened) {
        socket_.emplace(std::move(*opened));
    } else {
        events_.warn("the service manager is told nothing",
                     {{"exception.message", opened.error().message()}});
    }
}

void service_manager::ready(ask_all workers) {
    workers_ = std::move(workers);
    tell(with_status("READY=1", serving));
    if (socket_ && interval_.count() > 0) look_at_workers();
}

// Type=notify-reload needs to know that this is the reload that it has asked for, and none of before.
void service_manager::reloading() {
    if (is_stopping_) return;
    tell("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(monotonic_microseconds()) + "\nSTATUS=reloading");
}

void service_manager::reloaded(bool is_accepted) {
    if (is_stopping_) return;
    tell(with_status("READY=1", is_draining_  ? draining_now
                                : is_accepted ? serving
                                              : "serving, but the last reload was refused: see the log"));
}

void service_manager::draining() {
    is_draining_ = true;
    tell(std::string("STATUS=").append(draining_now));
}

void service_manager::stopping() {
    is_stopping_ = true;
    tell(with_status("STOPPING=1", "shutting down"));
}

void service_manager::stop() {
    timer_.cancel();
    workers_ = {};
    interval_ = {};
}

void service_manager::wait_for_watchdog() {
    timer_.expires_after(std::max(shortest_interval, std::chrono::duration_cast<core::duration>(interval_)));
    timer_.async_wait([this](const core::error_code& ec) {
        if (!ec && interval_.count() > 0) look_at_workers();
    });
}

// While an answer is missing nobody is asked again, and nothing is told.
void service_manager::look_at_workers() {
    if (!is_asking_) {
        is_asking_ = true;
        workers_([this] {
            is_asking_ = false;
            if (interval_.count() > 0) tell("WATCHDOG=1");
        });
    }
    wait_for_watchdog();
}

void service_manager::tell(std::string_view lines) {
    if (!socket_) return;
    const auto sent = socket_->send(lines);
    if (!sent && !has_failed_)
        events_.warn("the service manager cannot be told anything",
                     {{"exception.message", sent.error().message()}});
    has_failed_ = !sent;
}

}  // namespace gate::app
