#pragma once
// Access to the parts of the admin listener that change state or are confidential: a request must carry the
// admin token (rule 18).

#include <gate/app/operating_server.hpp>
#include <gate/config/config.hpp>
#include <gate/http/request_id.hpp>

#include <functional>

namespace gate::app {

// The configuration in force. Valid until control returns to the event loop.
using current_options = std::function<const config::config&()>;

// Belongs to the control thread.
class admin_access {
public:
    explicit admin_access(current_options now) : now_(std::move(now)) {}

    // Whether the request shows the admin token of now; if not, it has been answered: 403 where there is
    // none, else 401.
    bool admits(const endpoint_request& request, const operating_server::answering& done);

private:
    current_options now_;
    http::request_id_source ids_;
};

}  // namespace gate::app
