#include <gate/app/operator_controls.hpp>
#include <gate/telemetry/metrics.hpp>

namespace gate::app {

operator_controls::operator_controls(const core::executor& control, const current_options& now,
                                     auth::shared_state& tokens, block_endpoints::stream_ender end_streams,
                                     telemetry::event_log& events)
    : blocks_(control, now, tokens, end_streams, events),
      block_list_(control, tokens.blocked, events,
                  [end = std::move(end_streams)] { core::spawn(end()); }),  // nobody waits for it
      levels_(control, events, events.lowest_level()),
      level_endpoints_(now, levels_, events),
      shadow_(control, events) {}

bool operator_controls::start(const config::config& options) {
    shadow_.configure(options);
    return block_list_.watch(options.auth.blocked_accounts_file);
}

void operator_controls::stop() {
    block_list_.stop();
    shadow_.stop();
}

void operator_controls::add_to(operating_server& admin) {
    blocks_.add_to(admin);
    level_endpoints_.add_to(admin);
}

void operator_controls::add_to(telemetry::metrics& all) const {
    all.add(block_list_);
    all.add(shadow_);
}

bool operator_controls::configure(const config::config& next) {
    levels_.configure(next.log.level);
    shadow_.configure(next);
    return block_list_.watch(next.auth.blocked_accounts_file);
}

std::string operator_controls::trouble() const {
    const auto list = block_list_.trouble();
    const auto shadow = shadow_.trouble();
    return list.empty() || shadow.empty() ? list + shadow : list + "; " + shadow;
}

}  // namespace gate::app
