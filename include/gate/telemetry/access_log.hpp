#pragma once
// One line for each request, written by the worker that served it into a buffer of its own: no lock, no
// allocation, no system call per line. The line has the same fields whether the request was allowed or
// refused.

#include <gate/core/clock.hpp>
#include <gate/core/reason.hpp>
#include <gate/telemetry/event_log.hpp>
#include <gate/telemetry/log_chunk.hpp>
#include <gate/telemetry/log_output.hpp>
#include <gate/telemetry/timestamp.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string_view>

namespace gate::telemetry {

// What the TLS of a connection has agreed on.
struct tls_record {
    std::string_view version{};         // tls.protocol.version: a word of ours
    std::string_view cipher{};          // tls.cipher: IANA's name
    std::string_view client_subject{};  // tls.client.subject
    std::string_view client_names{};    // tls.client.san
};

// Of the request, in the words of its line.
struct record_ids {
    std::string_view trace{};         // trace_id: 32 hex digits
    std::string_view span{};          // span_id: 16 hex digits, ours
    std::string_view parent_span{};   // parent_span_id: 16 hex digits, of the client
    std::string_view request{};       // request_id: what X-Request-Id says
    bool has_own_request = false;     // it is ours: digits and letters, no token
    std::string_view error{};         // error.request_id: what the body of an error says, if that is another
    std::string_view gate_request{};  // gate.request_id
};

// How long it took, and others for it.
struct record_times {
    static constexpr std::chrono::nanoseconds absent{-1};

    std::chrono::nanoseconds whole{0};           // duration_ms
    std::chrono::nanoseconds upstream = absent;  // upstream_ms
    std::chrono::nanoseconds gate = absent;      // gate_ms: waiting for the verification
    std::chrono::nanoseconds age = absent;       // gate.cache_age_ms: since Gate said so
};

// What is known about a request when it ends. Texts are only looked at during append(). Empty texts, negative
// durations and reasons that are `none` are left out of the line. What can only be hex digits, or a word of
// ours, is written as it is; everything else is escaped, and agent tokens are masked.
struct access_record {
    static constexpr std::chrono::nanoseconds absent = record_times::absent;

    core::wall_clock::time_point time;  // when it ended

    std::string_view method;  // http.request.method
    std::string_view path;    // url.path, never with the query
    std::string_view host;    // server.address
    std::string_view socket;  // server.address in its place, which is in http.request.header.host then:
                              // the path of the Unix socket that the request has come in by
    std::string_view client_address;  // client.address: printed by us, so that it needs no escape
    std::string_view user_agent;      // user_agent.original
    const tls_record* tls = nullptr;  // null: the client's connection is clear
    record_ids ids;

    std::string_view route;              // gate.route: letters, digits, '-', '_' and '.'
    bool in_shadow = false;              // gate.shadow: the decision refused nothing
    std::string_view mode;               // gate.mode: a word of ours; the proxy's own requests have none
    std::string_view cache;              // gate.cache: a word of ours
    std::string_view account_id;         // gate.account_id
    std::string_view token_fingerprint;  // gate.token_fingerprint: 12 hex digits, never the token

    core::reason decision = core::reason::none;  // gate.reason, and gate.verdict with it
    core::reason failure = core::reason::none;   // why it failed otherwise: error.type

    unsigned status = 0;              // http.response.status_code; 0: none was sent
    unsigned protocol_minor = 1;      // network.protocol.version: 1.<minor>
    std::int64_t client_user = -1;    // client.process.uid; -1: it has not connected to a Unix socket
    std::int64_t budget_left = -1;    // gate.budget_remaining: as Gate said last; -1: never
    std::uint64_t request_body = 0;   // http.request.body.size, bytes
    std::uint64_t response_body = 0;  // http.response.body.size, bytes

    record_times took;
};

// One for each worker; used by its thread alone.
class access_log {
public:
    // Both must outlive this object. `events` has the level and the format; requests are logged at level
    // info.
    access_log(log_output& output, const event_log& events) : output_(output), events_(events) {}

    // Hands over what is left.
    ~access_log() { flush(); }
    access_log(const access_log&) = delete;
    access_log& operator=(const access_log&) = delete;

    // Nothing where requests are below the lowest level, unless the line is wanted in any case.
    void append(const access_record& record, bool in_any_case = false);

    // Whether requests are logged at the level of now.
    bool shows_requests() const noexcept { return events_.enabled(event_log::level::info); }

    // Whose lines are wanted in any case.
    const log_focus& focus() const noexcept { return events_.focus(); }

    // Hands the lines so far to the output: called at each tick of the worker, and when the buffer is full.
    // Never waits; when the output cannot keep up, the lines are dropped and counted there.
    void flush();

private:
    log_output& output_;
    const event_log& events_;
    std::unique_ptr<log_chunk> lines_;  // made with the first line
    timestamp_writer clock_;
};

}  // namespace gate::telemetry
