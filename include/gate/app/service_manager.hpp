#pragma once
// What systemd is told (Type=notify, Type=notify-reload): ready, reloading, stopping, and that all workers
// are alive. Without a service manager, nothing.

#include <gate/app/notify_socket.hpp>
#include <gate/core/asio.hpp>
#include <gate/telemetry/event_log.hpp>

#include <functional>
#include <optional>
#include <string_view>

namespace gate::app {

// Belongs to the control thread.
class service_manager {
public:
    // `events` outlives this object.
    service_manager(core::executor control, service_variables from, telemetry::event_log& events);

    // Has every worker answer, and calls `done` on the control thread when all have. `done` may outlive this
    // object's use of it: it then does nothing.
    using ask_all = std::function<void(std::function<void()> done)>;
    // Requests are served. From now on the watchdog is told twice in its interval that the process is alive,
    // for as long as the control thread and all workers answer: one that hangs is not covered for.
    void ready(ask_all workers);

    // The configuration is being read again; ends with reloaded().
    void reloading();
    void reloaded(bool is_accepted);

    void draining();  // but it does not end yet
    void stopping();

    // No timer is left.
    void stop();

private:
    void tell(std::string_view lines);
    void wait_for_watchdog();
    void look_at_workers();

    telemetry::event_log& events_;
    std::optional<notify_socket> socket_;
    ask_all workers_;
    std::chrono::microseconds interval_;  // 0: there is no watchdog
    core::timer timer_;
    bool is_asking_ = false;  // not all workers have answered yet
    bool has_failed_ = false;
    bool is_draining_ = false;
    bool is_stopping_ = false;  // for the service manager there is no way back
};

}  // namespace gate::app
