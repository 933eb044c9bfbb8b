#pragma once
// What the workers share with each other, and nothing else.

#include <gate/app/connection_limit.hpp>
#include <gate/app/full_house.hpp>
#include <gate/auth/account_records.hpp>
#include <gate/auth/shared_state.hpp>
#include <gate/auth/token_key.hpp>
#include <gate/export/span_exporter.hpp>
#include <gate/telemetry/event_log.hpp>
#include <gate/telemetry/log_output.hpp>
#include <gate/telemetry/metrics.hpp>
#include <gate/verify/key_ring.hpp>

namespace gate::app {

// Thread-safe each, and longer-lived than every worker.
struct shared_parts {
    auth::shared_state& tokens;
    const auth::process_key& key;
    auth::account_records& accounts;
    verify::key_ring& secret_keys;
    connection_limit& connections;
    full_house& house;  // joined by each worker
    telemetry::metrics& metrics;
    telemetry::log_output& log_output;
    const telemetry::event_log& events;
    exporting::span_exporter* spans = nullptr;  // null: no spans are exported
};

}  // namespace gate::app
