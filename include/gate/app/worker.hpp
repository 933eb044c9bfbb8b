#pragma once
// A thread that serves: an event loop of its own, its own listener, sessions, upstream connections and
// connections to Gate. Shares with the other workers what `shared_parts` names, and nothing else.

#include <gate/app/answer_door.hpp>
#include <gate/app/listener_sockets.hpp>
#include <gate/app/shared_parts.hpp>
#include <gate/app/token_checks.hpp>
#include <gate/app/worker_listener.hpp>
#include <gate/app/worker_memory.hpp>
#include <gate/app/worker_sessions.hpp>
#include <gate/app/worker_settings.hpp>
#include <gate/app/worker_spans.hpp>
#include <gate/app/worker_upstreams.hpp>
#include <gate/proxy/proxy_door.hpp>
#include <gate/proxy/session_resources.hpp>

#include <boost/asio/executor_work_guard.hpp>

#include <atomic>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <thread>

namespace gate::app {

class worker {
public:
    worker(shared_parts parts, worker_settings settings, unsigned number);
    ~worker();
    worker(const worker&) = delete;
    worker& operator=(const worker&) = delete;

    // Accepts connections from these sockets after start(). `listener`: which of all_listeners().
    void listen(std::size_t listener, worker_sockets at);
    // The same for the proxies that ask for answers.
    void listen_to_proxies(worker_sockets at);

    // Serves on a thread of its own from now on.
    void start();

    // The following are thread-safe.
    // Calls `done` on this worker's thread: it is alive.
    void answer(std::function<void()> done);
    // Calls `done`, on this worker's thread, when nothing runs here any more for a token that had been
    // withdrawn before this call.
    void end_withdrawn(std::function<void()> done);
    // Requests begin with this configuration from now on. Calls `done`, on this worker's thread, when that is
    // so and the streams that it refuses have ended.
    void configure(worker_settings settings, std::function<void()> done);
    // Requests that know `nonce` are answered by the echo at `where` from now on (proxy/echo.hpp); null: none
    // are. Calls `done`, on this worker's thread, when that is so.
    void set_echo(std::shared_ptr<const address_book> where, core::secret_string nonce,
                  std::function<void()> done);
    // An upstream has fewer addresses, or others: connections to those that have gone are not kept.
    void look_at_addresses();
    // Spans that wait for others go to the exporter now. Then calls `done`, on this worker's thread.
    void hand_over_spans(std::function<void()> done);
    // Appends the last requests that were refused here, and calls `done`, on this worker's thread.
    void show_refusals(std::vector<telemetry::refusal>& into, std::function<void()> done);
    void announce_drain();  // every response closes its connection; new ones are still taken
    void drain();           // takes no new connection, closes idle ones, lets running exchanges finish
    void cut();             // takes no new connection, aborts what is still running
    // Not 0 while drain() is still to begin.
    std::size_t sessions() const noexcept {
        // In this order: a drain that has begun adds no session any more.
        const auto to_begin = drains_to_begin_.load(std::memory_order_acquire);
        return to_begin + sessions_.count();
    }

    // Ends the thread. Call when no session is left, or after cut().
    void stop();

private:
    const config::config& options() const noexcept { return settings_.snapshot->options; }
    void add(listener_place which, protocol::door& leads_to, net::listening_socket opened);
    void close_listeners();
    void take_over(worker_settings settings);
    proxy::local_snapshot_pointer current_snapshot();
    core::task<> stop_when_quiet(core::time_point until);

    const shared_parts parts_;
    worker_settings settings_;
    telemetry::worker_metrics& metrics_;
    // Only posting is done from other threads: the reactor needs no locks.
    core::asio::io_context context_{BOOST_ASIO_CONCURRENCY_HINT_UNSAFE_IO};
    boost::asio::executor_work_guard<core::executor> work_;
    net::deadline_wheel wheel_;
    worker_memory memory_;
    proxy::idle_connections idle_;
    http::request_id_source ids_;
    http::date_text date_;
    token_checks checks_;
    telemetry::access_log log_;
    net::deadline log_due_;
    std::optional<worker_spans> spans_;  // where they are exported
    telemetry::refusal_ring refusals_;
    worker_upstreams upstreams_;
    std::shared_ptr<const proxy::echo> echo_;  // null, but for a minute
    proxy::session_resources proxy_;
    proxy::proxy_door proxy_door_{proxy_};
    std::optional<answer_door> answer_door_;  // where answer.address is set
    std::list<worker_listener> listeners_;    // their ways in outlive the sessions
    worker_sessions sessions_;
    std::atomic<std::size_t> drains_to_begin_{0};
    std::thread thread_;
};

}  // namespace gate::app
