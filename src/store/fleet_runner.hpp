#pragma once
// What fleet_log does on the store's thread: the connections, the beat, and who is told what. Nothing here is
// called by another thread, but where it says so.

#include "fleet_blocks.hpp"
#include "fleet_locks.hpp"
#include "fleet_sender.hpp"

#include <gate/store/fleet_log.hpp>
#include <gate/store/log_reader.hpp>

#include <thread>

namespace gate::store {

class fleet_log::runner final : private connection_user, private log_listener {
public:
    runner(fleet_log_options options, const fleet_keys& keys, auth::fleet_listener& listener,
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

private:
    std::string probe() override;
    void probed(const command_outcome& outcome) override;
    void appeared(bool is_new) override;
    void disappeared(fault why, std::string_view said) override;
    void was_late() override;
    void could_not_connect(fault why, std::string_view said) override;
    void began(bool is_other_history) override;
    void took(std::span<const log_entry> entries, const auth::log_position& position) override;
    void caught_up() override;
    void found_no_log() override;
    void misunderstood() override;

    void tell_away(fault why, std::string_view said);
    void hear(const log_entry& entry);
    void remove(const auth::log_position& entry);
    void take_beat(const command_outcome& outcome);
    void begin_again();
    core::task<> merge();
    void tell_caught_up();
    void arm();
    void on_tick();
    void run_loop();

    const telemetry::event_log* events_;
    const key_names names_;
    core::asio::io_context context_{1};
    core::executor executor_ = context_.get_executor();
    net::deadline_wheel wheel_{executor_};
    directory where_;
    connection commands_;
    log_reader reader_;
    fleet_counters counters_;
    store_access access_;
    fleet_locks locks_;
    fleet_blocks blocks_;
    fleet_sender sender_;
    core::timer tick_;
    core::time_point next_beat_{};
    core::time_point next_merge_ = core::never;
    std::string told_{};            // why the store is away, as the log has it
    bool has_read_log_ = false;     // all that was there when a connection was made
    bool has_read_blocks_ = false;  // since a connection was made
    bool is_merging_ = false;
    bool is_reading_ = false;  // the reader has been started
    bool is_stopping_ = false;
    std::thread thread_;
};

}  // namespace gate::store
