#pragma once
// The running process: workers, operating listeners, signals, and the way from start to end.

#include <gate/app/config_watch.hpp>
#include <gate/app/configuration.hpp>
#include <gate/app/echo_endpoints.hpp>
#include <gate/app/fleet_seat.hpp>
#include <gate/app/health.hpp>
#include <gate/app/key_watch.hpp>
#include <gate/app/listener_sockets.hpp>
#include <gate/app/operating_listeners.hpp>
#include <gate/app/operator_controls.hpp>
#include <gate/app/page_endpoints.hpp>
#include <gate/app/process_state.hpp>
#include <gate/app/repeated_look.hpp>
#include <gate/app/service_manager.hpp>
#include <gate/app/shutdown_phases.hpp>
#include <gate/app/span_shipping.hpp>
#include <gate/app/upstream_directory.hpp>
#include <gate/app/worker_group.hpp>
#include <gate/core/signals.hpp>
#include <gate/telemetry/event_log.hpp>
#include <gate/telemetry/log_output.hpp>
#include <gate/telemetry/metrics.hpp>

#include <memory>
#include <string>
#include <vector>

namespace gate::app {

class server {
public:
    // `warnings` are logged when it starts. Precondition: `inherited` has what the configuration wants.
    server(started_with start, service_variables service, net::inherited_sockets inherited,
           std::vector<std::string> warnings);
    ~server();

    // Serves until a signal ends it; the exit code. Call once.
    int run();

private:
    bool join_fleet();
    bool open_listeners();
    shared_parts parts();
    void serve_operators();
    void expose_metrics(const admin_endpoints& operators);
    core::task<> end_withdrawn_streams();
    core::task<std::vector<telemetry::refusal>> last_refusals();

    // Reload (server_reload.cpp).
    void ask_for_reload(reload_endpoints::receiver told);
    core::task<> reload(config_watch::content found);
    core::task<> read_key_again(reload_outcome& into);
    core::task<> read_blocked_again(reload_outcome& into);
    core::task<> put_in_force(configuration::candidate& next);
    core::task<> renew_certificates();
    void configure_shared_parts(const config::config& next);
    worker_settings settings() const;
    std::string trouble() const;

    // Shutdown (server_shutdown.cpp).
    void on_signal(int number);
    void look_at_shutdown();
    void carry_out(const shutdown_phases::tasks& todo);
    void cut_sessions();
    void end();
    [[noreturn]] void end_at_once(int code);
    [[noreturn]] void leave(int code);

    const config::config& now() const noexcept { return configuration_.options(); }

    std::vector<std::string> warnings_;
    unsigned worker_count_;
    telemetry::log_output log_output_;
    telemetry::event_log events_;
    telemetry::metrics metrics_;
    configuration configuration_;
    process_state state_;
    health health_;
    core::asio::io_context control_{1};
    std::unique_ptr<fleet_seat> fleet_;  // null: there is none
    upstream_directory upstreams_;
    key_watch key_watch_;
    config_watch config_watch_;
    repeated_look certificate_dates_;
    struct {
        std::vector<reload_endpoints::receiver> told;  // of the next one
        bool is_under_way = false;
    } reload_;
    listener_sockets sockets_;
    operating_listeners operations_;
    operator_controls controls_;
    span_shipping spans_;
    page_endpoints page_;
    worker_group workers_;
    echo_endpoints echo_;
    service_manager service_manager_;
    core::signal_source signals_;
    struct {
        core::timer timer;
        shutdown_phases phases{};
    } shutdown_;
};

}  // namespace gate::app
