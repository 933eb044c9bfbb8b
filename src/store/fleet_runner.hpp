#pragma once
// What fleet_log does on the store's thread: when each part of it does its work, and what they hear of each
// other. Nothing here is called by another thread, but where it says so.

#include "fleet_beat.hpp"
#include "fleet_blocks.hpp"
#include "fleet_hearing.hpp"
#include "fleet_locks.hpp"
#include "fleet_sender.hpp"
#include "store_notes.hpp"

#include <gate/store/fleet_log.hpp>

#include <thread>

namespace gate::store {

class fleet_log::runner final : private connection_user {
public:
    runner(const fleet_log_options& options, const fleet_keys& keys, auth::fleet_listener& listener,
           const telemetry::event_log* events);

    // Of any thread.
    void start();
    void stop();
    const core::executor& executor() const noexcept { return executor_; }
    const fleet_counters& counters() const noexcept { return counters_; }
    core::duration timeout() const noexcept { return access_.timeout; }

    void begin(const auth::fleet_question& question, core::time_point deadline,
               fleet_locks::turn_callback then);
    void finish(auth::fleet_lock lock, auth::fleet_result result);
    void publish(auth::fleet_notice notice, fleet_sender::done_callback then);
    void use_tls(std::shared_ptr<const net::client_tls_material> material);
    void use_lives(core::duration memory, core::duration message_life);

private:
    std::string probe() override;
    bool probed(const command_outcome& outcome) override;
    void appeared(bool is_new) override;
    void disappeared(fault why, std::string_view said) override;
    void was_late() override;
    void keys_move() override;
    void could_not_connect(fault why, std::string_view said) override;

    void begin_again();
    void cannot_read(fault why, std::string_view said);
    void can_read();
    core::task<> merge();
    core::task<> put(auth::fleet_message block);
    void tell_caught_up();
    void arm();
    void on_tick();
    void run_loop();

    const key_names names_;
    core::asio::io_context context_{1};
    core::executor executor_ = context_.get_executor();
    net::deadline_wheel wheel_{executor_};
    directory where_;
    connection commands_;
    fleet_counters counters_;
    store_access access_;
    store_notes notes_;
    fleet_hearing hearing_;
    fleet_locks locks_;
    fleet_blocks blocks_;
    fleet_sender sender_;
    fleet_beat beat_;
    core::timer tick_;
    core::time_point next_merge_ = core::never;
    bool has_read_blocks_ = false;  // since a connection was made
    bool is_merging_ = false;
    bool is_stopping_ = false;
    std::thread thread_;
};

}  // namespace gate::store
