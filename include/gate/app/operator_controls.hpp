#pragma once
// What operators change while the program runs, besides tokens and the configuration: blocked accounts, and
// what is logged. And what they are told all the time: that shadow mode is on.

#include <gate/app/block_endpoints.hpp>
#include <gate/app/block_list_watch.hpp>
#include <gate/app/log_level_endpoints.hpp>
#include <gate/app/shadow_notice.hpp>
#include <gate/auth/shared_state.hpp>

#include <functional>
#include <string>

namespace gate::telemetry {
class metrics;
}

namespace gate::app {

// Belongs to the control thread, but for the metrics. Outlives the requests that it serves.
class operator_controls {
public:
    // `tokens` and `events` outlive this object; `events` has the level of the configuration of now.
    operator_controls(const core::executor& control, const current_options& now, auth::shared_state& tokens,
                      block_endpoints::stream_ender end_streams, telemetry::event_log& events);

    // What the configuration of the start wants. False: the program must not start, and the log says why.
    bool start(const config::config& options);
    void stop();

    void add_to(operating_server& admin);
    void add_to(telemetry::metrics& all) const;

    // Another configuration is in force from now on. False: its list of blocked accounts cannot be read, and
    // the last one stays; the log says so.
    bool configure(const config::config& next);

    // See block_list_watch.
    void read_blocked_again(block_list_watch::receiver told) { block_list_.reload(std::move(told)); }

    // What an operator should know, or "".
    std::string trouble() const;

private:
    block_endpoints blocks_;
    block_list_watch block_list_;
    log_levels levels_;
    log_level_endpoints level_endpoints_;
    shadow_notice shadow_;
};

}  // namespace gate::app
