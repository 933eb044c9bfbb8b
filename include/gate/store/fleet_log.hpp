#pragma once
// The fleet's log in Valkey or Redis: auth::fleet over one connection for commands and one for the reader, on
// a thread of its own.

#include <gate/auth/fleet.hpp>
#include <gate/config/store_url.hpp>
#include <gate/net/upstream_tls.hpp>
#include <gate/store/fleet_keys.hpp>
#include <gate/store/login.hpp>

#include <memory>
#include <string>

namespace gate::telemetry {
class event_log;
}

namespace gate::store {

struct fleet_log_options {
    config::store_url url;
    login user{};      // at the store
    login sentinel{};  // at those who say where it is
    // As read from fleet.tls; null: without TLS. Its context is made by the store's thread.
    std::shared_ptr<const net::client_tls_material> tls{};
    std::string tls_server_name{};  // empty: the host of the URL
    core::duration timeout{50};     // of one command
    core::duration memory{};        // how long a purge is kept: fleet_rules::memory()
    core::duration message_life{};  // in the log
};

class fleet_log final : public auth::fleet {
public:
    // `keys`, `listener` and `events` outlive it; `events` may be null. Throws std::runtime_error where the
    // TLS material cannot be used.
    fleet_log(const fleet_log_options& options, const fleet_keys& keys, auth::fleet_listener& listener,
              const telemetry::event_log* events);
    // As stop().
    ~fleet_log() override;

    // Connects, and goes on doing so. To be called once.
    void start();
    // Ends the thread, within a second; what waits is told that the store is away. The executors of all that
    // waits must be alive. Nothing is heard after it.
    void stop();

    // Other TLS files, for connections that are opened from now on. Not null. Precondition: the URL is one of
    // TLS. Thread-safe.
    void use_tls(std::shared_ptr<const net::client_tls_material> material);

    // See fleet_log_options; for what is sent from now on. Thread-safe.
    void use_lives(core::duration memory, core::duration message_life);

    core::task<auth::fleet_turn> begin(auth::fleet_question question, core::executor executor) override;
    void finish(auth::fleet_lock lock, auth::fleet_result result) override;
    core::task<bool> publish(auth::fleet_notice notice, core::executor executor) override;
    void announce(auth::fleet_notice notice) override;
    void collect(telemetry::metrics_snapshot& into) const override;
    statistics stats() const override;

private:
    class runner;
    std::unique_ptr<runner> runner_;
};

}  // namespace gate::store
