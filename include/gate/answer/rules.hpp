#pragma once
// What answering needs of one snapshot, derived once. Immutable.

#include <gate/answer/original_request.hpp>
#include <gate/auth/policy.hpp>
#include <gate/config/config.hpp>
#include <gate/http/error_texts.hpp>
#include <gate/http/request_facts.hpp>
#include <gate/telemetry/worker_metrics.hpp>

#include <memory>
#include <span>
#include <string_view>
#include <vector>

namespace gate::answer {

// How the requests of other proxies are read: what they cannot ask of us is ignored.
http::reading_rules reading_of(const config::config& options);

// Of a snapshot.
struct rule_parts {
    const config::config& options;
    const auth::access_policy& policy;  // what holds where answer.original names a place
    const http::error_texts& errors;
    std::span<const telemetry::name_index> route_labels;  // in the order of the policy's routes
    std::string_view identity_begin;                      // "X-Gate-Account-Id: "
};

struct rules {
    // `owner` keeps the parts alive.
    rules(std::shared_ptr<const void> owner, const rule_parts& of);
    rules(const rules&) = delete;
    rules& operator=(const rules&) = delete;

    bool knows_original() const noexcept { return options.answer.original != config::original_source::none; }

    const std::shared_ptr<const void> keeps_alive;
    const config::config& options;
    const auth::access_policy token_for_all;
    const auth::access_policy& policy;
    const auth::access_policy& documents;  // in whatever way the original is read
    const http::error_texts& errors;
    const std::span<const telemetry::name_index> route_labels;
    const std::string_view identity_begin;
    const http::reading_rules reading;
    const original_limits limits;
    const core::duration patience;                  // how long a request waits for Gate
    const std::vector<std::string_view> own_names;  // of all fields that may say something of an identity
};
using rules_pointer = std::shared_ptr<const rules>;

}  // namespace gate::answer
