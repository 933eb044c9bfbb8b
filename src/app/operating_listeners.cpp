#include <gate/app/operating_listeners.hpp>

#include <utility>

namespace gate::app {

void log_listening(const telemetry::event_log& events, const char* name, const core::tcp::endpoint& where) {
    events.info(
        "listening",
        {{"listener", name}, {"server.address", where.address().to_string()}, {"server.port", where.port()}});
}

void log_not_listening(const telemetry::event_log& events, const char* name, const config::endpoint& where,
                       const core::error_code& why) {
    events.error("cannot listen: " + why.message(),
                 {{"listener", name}, {"server.address", where.host}, {"server.port", where.port}});
}

bool operating_listeners::open(const config::config& options, const health& state,
                               const telemetry::metrics& all) {
    status_ = open_one("status", options.status.address, state, all);
    if (!status_) return false;
    admin_ = open_one("admin", options.admin.address, state, all);
    return admin_ != nullptr;
}

std::unique_ptr<operating_server> operating_listeners::open_one(const char* name,
                                                                const config::endpoint& where,
                                                                const health& state,
                                                                const telemetry::metrics& all) {
    auto opened = operating_server::open(control_, where);
    if (!opened) {
        log_not_listening(events_, name, where, opened.error());
        return nullptr;
    }
    add_health_endpoints(**opened, state, all);
    log_listening(events_, name, (*opened)->local());
    return std::move(*opened);
}

void operating_listeners::serve(std::unique_ptr<admin_endpoints> operators,
                                std::unique_ptr<reload_endpoints> reloads) {
    operators_ = std::move(operators);
    reloads_ = std::move(reloads);
    operators_->add_to(*admin_);
    reloads_->add_to(*admin_);
}

}  // namespace gate::app
