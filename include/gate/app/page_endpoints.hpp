#pragma once
// The page of the admin listener: what the sidecar is doing, and why a request was refused.
//
//   GET /                the page, with GET /page/<file>: what it is made of
//   GET /page/state      state, charts' newest points: no account, no token, no configuration
//   GET /page/history    all points of the charts
//   GET /page/refusals   the last refusals: with the admin token alone (rule 18), as GET /config
//
// All of them are a 404 while admin.page is false. The page changes things by the endpoints that are there
// anyway.

#include <gate/app/admin_access.hpp>
#include <gate/app/operating_server.hpp>
#include <gate/app/page_state.hpp>
#include <gate/app/repeated_look.hpp>
#include <gate/core/task.hpp>
#include <gate/telemetry/refusal_ring.hpp>

#include <functional>
#include <vector>

namespace gate::app {

// Belongs to the control thread. Outlives the requests that it serves.
class page_endpoints {
public:
    static constexpr std::size_t most_refusals = 100;  // shown

    // The refusals of all workers, in any order. Called on the control thread.
    using refusal_source = std::function<core::task<std::vector<telemetry::refusal>>()>;

    // `all` and `state` outlive this object.
    page_endpoints(const core::executor& control, current_options now, const telemetry::metrics& all,
                   const health& state, refusal_source refusals);

    void add_to(operating_server& admin);

    // Looks at the metrics once a second from now on, while admin.page is true.
    void start() { looks_.start(); }
    void stop() { looks_.stop(); }

private:
    using answering = operating_server::answering;

    bool is_on() const { return now_().admin.page; }
    core::timer::duration look();
    core::task<> show_refusals(answering done);

    current_options now_;
    admin_access access_;
    page_state state_;
    refusal_source refusals_;
    repeated_look looks_;
};

}  // namespace gate::app
