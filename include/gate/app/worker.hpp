#pragma once
// A thread that serves: an event loop of its own, its own listener, sessions, upstream connections and
// connections to Gate. Shares with the other workers what `shared_parts` names, and nothing else.

#include <gate/app/connection_limit.hpp>
#include <gate/app/full_house.hpp>
#include <gate/app/token_rounds.hpp>
#include <gate/app/worker_settings.hpp>
#include <gate/auth/account_records.hpp>
#include <gate/auth/authenticator.hpp>
#include <gate/auth/shared_state.hpp>
#include <gate/net/listener.hpp>
#include <gate/proxy/session.hpp>
#include <gate/proxy/session_resources.hpp>
#include <gate/telemetry/event_log.hpp>
#include <gate/telemetry/metrics.hpp>
#include <gate/verify/gate_verifier.hpp>

#include <boost/asio/executor_work_guard.hpp>

#include <memory>
#include <string>
#include <thread>

namespace gate::app {

// Thread-safe each, and longer-lived than every worker.
struct shared_parts {
    auth::shared_state& tokens;
    const auth::process_key& key;
    auth::account_records& accounts;
    verify::key_ring& secret_keys;
    connection_limit& connections;
    full_house& house;  // joined by each worker
    telemetry::metrics& metrics;
    telemetry::log_output& log_output;
    const telemetry::event_log& events;
};

class worker final : private proxy::session_owner {
public:
    // Clients that are being told at the same time that there is no room.
    static constexpr std::size_t max_refusals = 16;
    // Clients that have given their place to another, and may still read what they have been answered.
    static constexpr std::size_t max_leaving = 64;

    worker(shared_parts parts, worker_settings settings, unsigned number);
    ~worker();
    worker(const worker&) = delete;
    worker& operator=(const worker&) = delete;

    // Binds the listener. `where` with port 0 takes any free port. Call before start().
    core::result<void> listen(const config::endpoint& where, net::listener::sharing share);
    core::tcp::endpoint local() const { return listener_->local(); }

    // Serves on a thread of its own from now on.
    void start();

    // The following are thread-safe.
    // Calls `done`, on this worker's thread, when nothing runs here any more for a token that had been
    // withdrawn before this call.
    void end_withdrawn(std::function<void()> done);
    // Requests begin with this configuration from now on. Calls `done`, on this worker's thread, when that is
    // so and the streams that it refuses have ended.
    void configure(worker_settings settings, std::function<void()> done);
    void announce_drain();  // every response closes its connection; new ones are still taken
    void drain();           // takes no new connection, closes idle ones, lets running exchanges finish
    void cut();             // takes no new connection, aborts what is still running
    std::size_t sessions() const noexcept { return session_count_.load(std::memory_order_relaxed); }

    // Ends the thread. Call when no session is left, or after cut().
    void stop();

private:
    class measured_verifier;
    class admitted_session;

    const config::config& options() const noexcept { return settings_.snapshot->options; }
    void take_over(worker_settings settings);
    proxy::local_snapshot_pointer current_snapshot();
    void trim() noexcept;
    void on_connection(core::tcp_socket socket, const core::tcp::endpoint& peer);
    bool make_room();
    bool close_idle();
    void close_idle_for_another();
    void on_end(proxy::session& ended) noexcept override;
    bool release_place(proxy::session& leaving) noexcept override;
    void on_failure(const std::exception& error) noexcept override;
    void refuse(core::tcp_socket socket);
    core::task<> stop_when_quiet(core::time_point until);
    core::task<> wait_until_gone(core::tcp_socket socket);

    const shared_parts parts_;
    worker_settings settings_;
    const unsigned number_;
    // Only posting is done from other threads: the reactor needs no locks.
    core::asio::io_context context_{BOOST_ASIO_CONCURRENCY_HINT_UNSAFE_IO};
    boost::asio::executor_work_guard<core::executor> work_;
    net::deadline_wheel wheel_;
    net::buffer_pool blocks_;
    protocol::exchange_memory_pool memories_;
    protocol::arrival_block arrival_;
    protocol::head_scratch scratch_;
    proxy::idle_connections idle_;
    http::request_id_source ids_;
    http::date_text date_;
    auth::token_hasher hasher_;
    std::unique_ptr<measured_verifier> verifier_;
    auth::authenticator authenticator_;
    proxy::upstream_sharing sharing_;
    telemetry::access_log log_;
    net::deadline log_due_;
    net::deadline trim_due_;
    int calm_in_ = 0;  // rounds of trimming until a burst is over; 0: there is none
    std::shared_ptr<net::connection_pool> upstream_;
    proxy::session_resources proxy_;
    std::unique_ptr<net::listener> listener_;
    session_list sessions_;
    token_rounds rounds_;
    std::atomic<std::size_t> session_count_{0};
    std::size_t refusals_ = 0;  // clients that are being told that there is no room
    std::size_t leaving_ = 0;   // sessions without a place
    std::thread thread_;
};

}  // namespace gate::app
