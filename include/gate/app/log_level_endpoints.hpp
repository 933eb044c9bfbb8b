#pragma once
// What is logged, on the admin listener, with the admin token:
//
//   PUT /log-level  {"level": "debug", "for": "10m"}   200, and what is in force
//                   with "account" or "token_fingerprint": the level stays, and the requests of that account
//                   or token are logged in any case, whatever log.level, log.access and a route's log say
//   GET /log-level  200 {"level": "info", "configured": "info", "override": null}
//
// "level": debug, info, warn or error; for one account or token debug or info, because a request is logged
// at info. The last request wins. Without "for" it holds until the next one, or until log.level changes in
// the configuration; with "for" (1s to 7 days) it ends by itself, and a reload does not end it.

#include <gate/app/admin_access.hpp>
#include <gate/app/log_levels.hpp>

namespace gate::app {

// Belongs to the control thread. Outlives the requests that it serves.
class log_level_endpoints {
public:
    // All outlive this object.
    log_level_endpoints(current_options now, log_levels& levels, const telemetry::event_log& events)
        : access_(std::move(now)), levels_(levels), events_(events) {}

    void add_to(operating_server& admin);

private:
    endpoint_reply change(const endpoint_request& request);
    endpoint_reply show() const;

    admin_access access_;
    log_levels& levels_;
    const telemetry::event_log& events_;
    http::request_id_source ids_;
};

}  // namespace gate::app
