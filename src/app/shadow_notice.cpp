#include <gate/app/shadow_notice.hpp>
#include <gate/config/print.hpp>
#include <gate/telemetry/metrics_snapshot.hpp>

#include <algorithm>

namespace gate::app {
namespace {

bool is_in_shadow(const config::route_options& route) {
    return route.shadow.value_or(false);
}

// For people; "": nowhere.
std::string where_in_shadow(const config::config& options) {
    if (options.auth.shadow) return "auth.shadow";
    const auto routes = std::ranges::count_if(options.routes, is_in_shadow);
    if (routes == 0) return {};
    return std::to_string(routes) + (routes == 1 ? " route" : " routes");
}

// All that is in shadow, and what it would refuse: another route in the place of one is another set.
std::string set_in_shadow(const config::config& options) {
    if (options.auth.shadow) return "auth.shadow";
    std::string out;
    for (const auto& each : options.routes)
        if (is_in_shadow(each)) out += config::render_route(each) + '\n';
    return out;
}

}  // namespace

// A warning with each place that is added or taken away: what is on already is said every hour.
void shadow_notice::configure(const config::config& options) {
    auto set = set_in_shadow(options);
    if (set == set_) return;
    const bool was_on = is_on_;
    set_ = std::move(set);
    where_ = where_in_shadow(options);
    is_on_ = !where_.empty();
    timer_.cancel();
    if (is_on_) {
        warn();
    } else if (was_on) {
        events_.info("shadow mode is off: what is refused does not pass any more");
    }
}

void shadow_notice::stop() {
    timer_.cancel();
}

void shadow_notice::warn() {
    events_.warn(
        "shadow mode is on: requests without a good token pass, and the log says what would have been "
        "refused",
        {{"shadow", std::string_view(where_)}});
    timer_.expires_after(interval_);
    timer_.async_wait([this](const core::error_code& ec) {
        if (!ec && is_on_ && timer_.expiry() <= core::clock::now()) warn();
    });
}

std::string shadow_notice::trouble() const {
    if (!is_on_) return {};
    return "shadow mode is on (" + where_ + "): requests pass that would be refused";
}

void shadow_notice::collect(telemetry::metrics_snapshot& into) const {
    into.gauge("gate_shadow_mode", "1 while requests pass that would be refused (auth.shadow, or a route's).")
        .add({}, is_on_ ? 1.0 : 0.0);
}

}  // namespace gate::app
