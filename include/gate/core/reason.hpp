#pragma once
// Why a request was let through, refused or failed: one closed set of codes, shared by the access log, the
// metric labels, the error bodies and `explain`. Every reason is an error_code too, so that the pure layers
// can return it.

#include <gate/core/failure.hpp>
#include <gate/core/log_style.hpp>
#include <gate/core/result.hpp>
#include <gate/core/verdict.hpp>

#include <cstdint>
#include <optional>
#include <string_view>

namespace gate::core {

enum class reason : std::uint8_t {
    none,  // no decision was reached; never shown

    // allowed
    token_verified,  // Gate vouches for the token (now or within the TTL)
    token_grace,     // Gate cannot be asked; it vouched for the token before (cache.grace)
    public_path,     // a route with auth: none, or auth.public_paths
    no_token,        // auth: optional, and no agt_ token was sent
    preflight,       // a CORS preflight, and the route lets them pass
    discovery,       // a document of ours that tells agents how to sign up

    // denied: the caller's fault
    token_missing,
    token_malformed,
    token_invalid,    // Gate: valid is false
    token_revoked,    // Gate: status is not active, or revoked through this process
    token_rejected,   // Gate finds this one token malformed (422)
    token_throttled,  // too many failed tokens from this address
    path_denied,      // a route with auth: deny
    account_blocked,  // by an operator

    // unavailable: Gate could not be asked, or its answer could not be used
    gate_unreachable,
    gate_timeout,
    gate_rate_limited,
    gate_failing,       // 5xx, or the circuit is open
    gate_bad_answer,    // not a well-formed 200
    gate_key_refused,   // 401 or 403: our secret key
    gate_form_refused,  // 404 or 422 before any 200: gate.verify_path or gate.token_field
    gate_busy,          // no room for another verification now
    gate_call_delayed,  // a call for this token failed while others were answered: the next one comes later
    gate_budget_spent,  // the calls that tokens of this kind may make are used up for now
    gate_unconfirmed,   // a stream whose token could not be verified again for too long

    // the request is not acceptable HTTP
    bad_request_line,
    bad_target,
    bad_field,
    bad_host,
    bad_framing,
    bad_chunk,
    bad_authorization,
    bad_upgrade,
    bad_expectation,
    unsupported_coding,
    unsupported_version,
    method_refused,
    target_too_long,
    head_too_large,
    head_timeout,
    body_timeout,
    body_too_slow,  // below limits.body_rate
    too_many_connections,

    // the client's certificate (listener.tls)
    client_name_refused,   // none of its names is one of client_names
    host_not_served_here,  // the Host is not the one that the handshake was for

    // a proxy that asks for decisions (answer)
    peer_not_trusted,  // it is not one of answer.trusted_peers
    original_missing,  // it does not say what about
    path_unknown,      // nothing is served at that path
    decision_changed,  // it asks why a request was refused, which would be allowed now

    // the upstream failed
    upstream_refused,
    upstream_unreachable,
    upstream_connect_timeout,
    upstream_tls_untrusted,  // its chain does not verify: an unknown authority, or out of date
    upstream_tls_name,       // its certificate is of another name
    upstream_tls_failed,     // any other failure of the handshake
    upstream_timeout,
    upstream_reset,
    upstream_bad_response,
    upstream_truncated,
    upstream_busy,
    upstream_share_exceeded,  // limits.upstream_share

    // neither side's fault
    client_gone,
    client_too_slow,  // in taking the response
    draining,
    internal_error,

    count_  // number of reasons, not one of them
};

inline constexpr std::size_t reason_count = static_cast<std::size_t>(reason::count_);

// Who can change it.
enum class actor : std::uint8_t { nobody, caller, operators, gate, upstream };
std::string_view to_string(actor who) noexcept;

// Where it arises.
enum class origin : std::uint8_t { ours, gate, upstream, client };
std::string_view to_string(origin where) noexcept;

// What it says of a call to Gate.
enum class gate_call : std::uint8_t {
    none,         // it is not about one call
    answered,     // Gate ruled on the token
    refused,      // Gate answers, but not this call: the budget, the key, the form
    failed,       // no usable answer; the token may be why
    not_made,     // it failed here
    unconfirmed,  // not about one call: none was answered for too long
};

// All that is known about a reason. No column has a default.
struct reason_row {
    constexpr reason_row(core::reason r, std::string_view c, std::optional<core::verdict> v, actor a,
                         origin o, log_level l, gate_call g, const failure& f, std::string_view s) noexcept
        : reason(r), code(c), verdict(v), acts(a), from(o), level(l), call(g), told(f), sentence(s) {}

    core::reason reason;
    std::string_view code;                 // as it is printed everywhere: lower case with underscores
    std::optional<core::verdict> verdict;  // about the token; nothing: it is no decision about one
    actor acts;
    origin from;
    log_level level;  // of a line in the event log about it
    gate_call call;
    failure told;               // to the client; an internal error where nothing fails
    std::string_view sentence;  // for people, in error bodies and documentation
};

// Thread-safe; static storage. A value that is no reason has the row of `none`.
const reason_row& row_of(reason why) noexcept;

// Columns of row_of.
std::string_view to_string(reason why) noexcept;
std::string_view describe(reason why) noexcept;
std::optional<verdict> verdict_of(reason why) noexcept;
const failure& failure_of(reason why) noexcept;

// Whether a call to Gate can end with it.
bool is_call_result(reason why) noexcept;

// Whether an exchange that was allowed can be ended by it: its token, verified again, is refused, or could
// not be verified for too long; its account was blocked; or a reload has made its route stricter.
bool ends_streams(reason why) noexcept;

error_code make_error_code(reason why) noexcept;

// The reason that an error_code stands for: itself if it is one, else `otherwise`.
reason reason_of(const error_code& ec, reason otherwise = reason::internal_error) noexcept;

}  // namespace gate::core

template <>
struct boost::system::is_error_code_enum<gate::core::reason> : std::true_type {};
