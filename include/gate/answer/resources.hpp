#pragma once
// What an answering exchange needs of its worker. Everything here outlives every exchange.

#include <gate/auth/authenticator.hpp>
#include <gate/auth/policy.hpp>
#include <gate/auth/token_key.hpp>
#include <gate/http/date.hpp>
#include <gate/http/request_id.hpp>
#include <gate/telemetry/access_log.hpp>
#include <gate/telemetry/spans.hpp>
#include <gate/telemetry/worker_metrics.hpp>

#include <string>

namespace gate::answer {

// Where a worker's requests are written down.
class request_log {
public:
    // False: log.access is off, nobody is watched (PUT /log-level), and nothing is appended.
    virtual bool is_on() const noexcept = 0;
    // `is_wanted`: unless somebody watches its account or token, a line that is not wanted is left out.
    // Whether the log shows it.
    virtual bool append(const telemetry::access_record& line, core::time_point ended, bool is_wanted) = 0;
    // Whether lines of refused requests are appended even where it is off: the page shows them.
    virtual bool shows_refusals() const noexcept = 0;
    // To be called after each request: what a burst has left is given back some time later.
    virtual void note_end(core::time_point ended) noexcept = 0;

protected:
    ~request_log() = default;
};

struct resources {
    auth::authenticator& authenticator;
    auth::token_hasher& hasher;
    auth::policy_scratch& policy;
    telemetry::worker_metrics& metrics;
    http::request_id_source& ids;
    http::date_text& date;
    request_log& log;
    telemetry::span_sink* spans = nullptr;  // nullptr: no spans are exported
    // Kept for their memory; in use between two waits.
    http::request_facts judged{};  // the original request, while it is decided about
    std::string lines{};           // of an answer: fields about the identity
};

}  // namespace gate::answer
