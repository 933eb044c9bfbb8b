#pragma once
// This replica's seat in its fleet: the store, what is folded from its log, and which secret keys are ours.

#include <gate/app/tls_contents.hpp>
#include <gate/auth/fleet_key_ids.hpp>
#include <gate/auth/fleet_member.hpp>
#include <gate/config/config.hpp>
#include <gate/core/asio.hpp>
#include <gate/store/fleet_keys.hpp>
#include <gate/telemetry/event_log.hpp>
#include <gate/verify/key_ring.hpp>

#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

namespace gate::store {
class fleet_log;
struct fleet_log_options;
}  // namespace gate::store

namespace gate::app {

// Precondition of both: options.fleet.is_on().
std::unique_ptr<store::fleet_keys> fleet_keys_of(const config::config& options);
// All but `tls`, `memory` and `message_life`.
store::fleet_log_options store_options_of(const config::config& options);

// Belongs to the control thread, but for the metrics.
class fleet_seat {
public:
    // All references outlive this object. `tls`: null where the store is used without. `end_streams`: called
    // on the control thread when something was withdrawn elsewhere. Throws std::runtime_error where OpenSSL
    // cannot use `tls`.
    fleet_seat(const core::executor& control, const config::config& options, tls_contents::client tls,
               auth::shared_state& tokens, const verify::key_ring& keys, const telemetry::event_log& events,
               std::function<void()> end_streams);
    ~fleet_seat();

    // Connects, and waits until the log has been read or the store is known to be away, for a second at most.
    void start();
    // To be called while the workers' threads are there.
    void stop();

    // Other options from now on. Precondition: `tokens` have them.
    void configure(const config::cache_options& cache);
    // What the files of fleet.tls hold now: for connections from now on.
    void use_tls(const tls_contents::client& tls);

    // gate_fleet_*. Thread-safe.
    void collect(telemetry::metrics_snapshot& into) const { member_.collect(into); }

    // What an operator should know, or "".
    std::string trouble() const;

private:
    void look_again();  // at the secret keys and the clocks
    void note_withdrawal();

    core::executor control_;
    auth::shared_state& tokens_;
    const verify::key_ring& secret_keys_;
    std::function<void()> end_streams_;
    std::unique_ptr<store::fleet_keys> keys_;
    auth::fleet_member member_;
    std::unique_ptr<store::fleet_log> log_;
    tls_contents::client tls_;
    auth::fleet_key_ids key_ids_;
    core::timer next_look_;
    std::atomic<bool> ends_streams_{false};  // soon

    std::mutex mutex_;
    std::condition_variable settled_;
    bool is_settled_ = false;  // guarded by mutex_
};

}  // namespace gate::app
