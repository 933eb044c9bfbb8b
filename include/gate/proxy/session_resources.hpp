#pragma once
// What a session needs of its worker. Everything here outlives every session.

#include <gate/auth/authenticator.hpp>
#include <gate/core/asio.hpp>
#include <gate/http/date.hpp>
#include <gate/http/request_id.hpp>
#include <gate/net/buffer_pool.hpp>
#include <gate/net/deadline_wheel.hpp>
#include <gate/protocol/http1_inbound.hpp>
#include <gate/proxy/idle_connections.hpp>
#include <gate/proxy/snapshot.hpp>
#include <gate/telemetry/access_log.hpp>
#include <gate/telemetry/refusal_ring.hpp>
#include <gate/telemetry/spans.hpp>
#include <gate/telemetry/worker_metrics.hpp>

#include <memory>

namespace gate::proxy {

// How long what a burst has left is kept.
inline constexpr core::duration trim_interval{1000};

class echo;

struct session_resources {
    local_snapshot_pointer current;  // for the next request; never null; replaced by the worker's thread
    core::executor executor;
    net::deadline_wheel& wheel;
    auth::authenticator& authenticator;
    auth::token_hasher& hasher;
    telemetry::worker_metrics& metrics;
    telemetry::access_log* log;  // nullptr: there is none
    net::deadline& log_due;      // set when lines wait to be written out
    net::deadline& trim_due;     // set after a request: what a burst has left is given back then
    http::request_id_source& ids;
    http::date_text& date;
    net::buffer_pool& blocks;
    protocol::exchange_memory_pool& memories;
    protocol::arrival_block& arrival;
    protocol::head_scratch& scratch;
    auth::policy_scratch& policy;
    idle_connections& idle;
    // Null, but for a minute that an operator has asked for. (No smart pointer itself: g++ 12 then
    // initialises http1 wrongly.)
    const std::shared_ptr<const proxy::echo>* echo = nullptr;
    telemetry::span_sink* spans = nullptr;        // nullptr: no spans are exported
    telemetry::refusal_ring* refusals = nullptr;  // nullptr: nobody asks for them (admin.page)
    bool logs_requests = true;  // log.access: all of them, not only those of a caller that is watched
    bool draining = false;      // every response is the last of its connection; set by the worker's thread
    bool closing = false;       // WebSockets end, too
    const protocol::http1_shared http1{blocks, arrival, scratch, draining};
};

}  // namespace gate::proxy
