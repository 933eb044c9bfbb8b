#pragma once
// A temporary echo, on the admin listener and with the admin token, for `doctor --url`:
//
//   POST /echo                  200 {"path": "/gate-sidecar-echo/<nonce>", "until", "seconds": 60}
//   DELETE /echo {"path": ...}  200 {"closed": true}, or false: another one is open, or none
//   DELETE /echo                the same for whichever is open: always true
//
// Requests that come in for the path, under any prefix, are answered by this process (echo_server.hpp), for
// 60 s from the POST on. They need no token, and reach no upstream. A new one takes the place of the one
// before, whose POST, if it still waits, is a 409. The nonce is told to nobody else, though the access log
// shows the paths of requests.

#include <gate/app/admin_access.hpp>
#include <gate/app/echo_server.hpp>
#include <gate/app/upstream_addresses.hpp>
#include <gate/app/worker_group.hpp>
#include <gate/core/task.hpp>
#include <gate/telemetry/event_log.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace gate::app {

// Belongs to the control thread. Outlives the requests that it serves.
class echo_endpoints {
public:
    static constexpr std::chrono::seconds lasts{60};

    // `workers` and `events` outlive this object. `life`: of an echo.
    echo_endpoints(const core::executor& control, current_options now, worker_group& workers,
                   const telemetry::event_log& events, core::duration life = lasts)
        : access_(std::move(now)),
          control_(control),
          workers_(workers),
          events_(events),
          life_(life),
          end_(control) {}

    void add_to(operating_server& admin);
    // For the end of the program.
    void stop();

private:
    using answering = operating_server::answering;

    core::task<> open(answering done);
    bool serve(address_book& where);
    void end_in_time(std::uint64_t number);
    void close(const endpoint_request& request, const answering& done);
    core::task<> close_now(answering done);
    core::task<> tell_workers(std::shared_ptr<const address_book> where, core::secret_string nonce);
    void forget();
    endpoint_reply refused(unsigned status, std::string_view code, std::string_view message);

    admin_access access_;
    core::executor control_;
    worker_group& workers_;
    const telemetry::event_log& events_;
    http::request_id_source ids_;
    const core::duration life_;
    core::timer end_;
    std::uint64_t number_ = 0;  // of openings and closings: what waited for an earlier one comes too late
    std::string path_;          // of the one that is open
    std::unique_ptr<echo_server> server_;  // null: there is no echo
};

}  // namespace gate::app
