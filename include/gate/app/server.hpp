#pragma once
// The running process: workers, operating listeners, signals, and the way from start to end.

#include <gate/app/admin_endpoints.hpp>
#include <gate/app/config_watch.hpp>
#include <gate/app/configuration.hpp>
#include <gate/app/connection_limit.hpp>
#include <gate/app/health.hpp>
#include <gate/app/key_watch.hpp>
#include <gate/app/operating_server.hpp>
#include <gate/app/reload_endpoints.hpp>
#include <gate/app/shutdown_phases.hpp>
#include <gate/app/upstream_addresses.hpp>
#include <gate/app/worker.hpp>
#include <gate/config/config.hpp>
#include <gate/core/signals.hpp>
#include <gate/telemetry/event_log.hpp>
#include <gate/telemetry/log_output.hpp>
#include <gate/telemetry/metrics.hpp>

#include <memory>
#include <string>
#include <vector>

namespace gate::app {

// How many threads serve.
unsigned worker_count(const config::config& options);

class server {
public:
    // `warnings` are logged when it starts.
    server(started_with start, std::vector<std::string> warnings);
    ~server();

    // Serves until a signal ends it; the exit code. Call once.
    int run();

private:
    bool open_listeners();
    bool open_operating_listener(const char* name, const config::endpoint& where,
                                 std::unique_ptr<operating_server>& into);
    bool open_workers();
    void log_listening(const char* name, const core::tcp::endpoint& where) const;
    void serve_operators();
    void expose_metrics();

    core::task<> end_withdrawn_streams();
    using worker_action = std::function<void(worker&, std::function<void()> done)>;
    core::task<> on_all_workers(worker_action act);

    // Reload (server_reload.cpp).
    void ask_for_reload(reload_endpoints::receiver told);
    core::task<> reload(config_watch::content found);
    core::task<> read_key_again(reload_outcome& into);
    core::task<> put_in_force(configuration::candidate& next);
    void configure_shared_parts(const config::config& next);
    core::task<> follow_upstream(const config::url& target);
    std::shared_ptr<upstream_addresses> find_upstream(const config::url& target);
    worker_settings settings() const;
    std::string trouble() const;

    // Shutdown (server_shutdown.cpp).
    void on_signal(int number);
    void look_at_shutdown();
    void carry_out(const shutdown_phases::tasks& todo);
    void cut_sessions();
    void end();
    std::size_t sessions() const noexcept;
    [[noreturn]] void end_at_once(int code);

    const config::config& now() const noexcept { return configuration_.options(); }

    std::vector<std::string> warnings_;
    unsigned worker_count_;
    telemetry::log_output log_output_;
    telemetry::event_log events_;
    telemetry::metrics metrics_;
    configuration configuration_;
    auth::process_key key_;
    auth::shared_state tokens_;
    auth::account_records accounts_;
    verify::key_ring secret_keys_;
    connection_limit connections_;
    full_house house_;
    health health_;
    core::asio::io_context control_{1};
    std::shared_ptr<upstream_addresses> upstream_;
    key_watch key_watch_;
    config_watch config_watch_;
    std::vector<reload_endpoints::receiver> told_of_reload_;  // of the next one
    bool is_reloading_ = false;
    std::unique_ptr<operating_server> status_;
    std::unique_ptr<operating_server> admin_;
    std::unique_ptr<admin_endpoints> operators_;
    std::unique_ptr<reload_endpoints> reload_endpoints_;
    std::vector<std::unique_ptr<worker>> workers_;
    core::signal_source signals_;
    core::timer timer_;
    shutdown_phases shutdown_;
};

}  // namespace gate::app
