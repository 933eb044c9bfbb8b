#pragma once
// A temporary echo, on the admin listener and with the admin token, for `doctor --url`:
//
//   POST /echo                200 {"path": "/gate-sidecar-echo/<nonce>", "until", "seconds": 60}
//   DELETE /echo              200 {"closed": true}
//
// Requests that come in for the path, under any prefix, are answered by this process (echo_server.hpp), for
// 60 s. They need no token, and reach no upstream. A new one takes the place of the one before. The nonce is
// told to nobody else, though the access log shows the paths of requests.

#include <gate/app/admin_access.hpp>
#include <gate/app/echo_server.hpp>
#include <gate/app/upstream_addresses.hpp>
#include <gate/app/worker_group.hpp>
#include <gate/core/task.hpp>
#include <gate/telemetry/event_log.hpp>

#include <memory>
#include <optional>
#include <string>

namespace gate::app {

// Belongs to the control thread. Outlives the requests that it serves.
class echo_endpoints {
public:
    static constexpr std::chrono::seconds lasts{60};

    // `workers` and `events` outlive this object.
    echo_endpoints(const core::executor& control, current_options now, worker_group& workers,
                   const telemetry::event_log& events)
        : access_(std::move(now)), control_(control), workers_(workers), events_(events), end_(control) {}

    void add_to(operating_server& admin);
    // For the end of the program.
    void stop();

private:
    using answering = operating_server::answering;

    core::task<> open(answering done);
    core::task<> close(answering done);
    core::task<> tell_workers(std::shared_ptr<const address_book> where, core::secret_string nonce);
    void forget();

    admin_access access_;
    core::executor control_;
    worker_group& workers_;
    const telemetry::event_log& events_;
    http::request_id_source ids_;
    core::timer end_;
    std::unique_ptr<echo_server> server_;  // null: there is no echo
};

}  // namespace gate::app
