#pragma once
// The configuration on the admin listener, with the admin token:
//
//   POST /reload  200 {"reloaded": true, "generation": 2, "changes": [...], "restart_needed": [...]}, once
//                 every worker has the new configuration and the secret key file has been read again; 422
//                 with error.details.problems if either is refused: the other one is in force all the same
//   GET /config   what is in force, and where each value came from

#include <gate/app/admin_access.hpp>
#include <gate/app/configuration.hpp>

#include <functional>

namespace gate::app {

// Belongs to the control thread. Outlives the requests that it serves.
class reload_endpoints {
public:
    using receiver = std::function<void(const reload_outcome&)>;
    // Reloads, and tells what became of it.
    using reloader = std::function<void(receiver)>;

    // `state` outlives this object.
    reload_endpoints(current_options now, const configuration& state, reloader reload)
        : access_(std::move(now)), state_(state), reload_(std::move(reload)) {}

    void add_to(operating_server& admin);

private:
    endpoint_reply reply_to(const reload_outcome& outcome);

    admin_access access_;
    const configuration& state_;
    reloader reload_;
    http::request_id_source ids_;
};

}  // namespace gate::app
