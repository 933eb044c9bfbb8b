#pragma once
// The status and the admin listener, with what they serve. What changes state is served by the admin listener
// alone (rule 18).

#include <gate/app/admin_endpoints.hpp>
#include <gate/app/health.hpp>
#include <gate/app/operating_server.hpp>
#include <gate/app/reload_endpoints.hpp>
#include <gate/config/config.hpp>
#include <gate/telemetry/event_log.hpp>
#include <gate/telemetry/metrics.hpp>

#include <memory>

namespace gate::app {

// Belongs to the control thread.
class operating_listeners {
public:
    // All outlive this object.
    operating_listeners(core::asio::io_context& control, const telemetry::event_log& events)
        : control_(control), events_(events) {}

    // Binds both, and serves what each of them has. False: one cannot, and the log says why.
    bool open(const config::config& options, const health& state, const telemetry::metrics& all);

    // What the admin listener has besides. Call once, after open().
    void serve(std::unique_ptr<admin_endpoints> operators, std::unique_ptr<reload_endpoints> reloads);

    // For what else it has. Precondition: open() was true.
    operating_server& admin() noexcept { return *admin_; }

    void configure(const config::admin_options& options) { admin_->serve_only_hosts(options.hosts); }

private:
    std::unique_ptr<operating_server> open_one(const char* name, const config::endpoint& where,
                                               const health& state, const telemetry::metrics& all);

    core::asio::io_context& control_;
    const telemetry::event_log& events_;
    std::unique_ptr<admin_endpoints> operators_;
    std::unique_ptr<reload_endpoints> reloads_;
    std::unique_ptr<operating_server> status_;
    std::unique_ptr<operating_server> admin_;
};

// One line each for the log.
void log_listening(const telemetry::event_log& events, const char* name, const core::tcp::endpoint& where);
void log_not_listening(const telemetry::event_log& events, const char* name, const config::endpoint& where,
                       const core::error_code& why);

}  // namespace gate::app
