#pragma once
// The table of reasons: all that the program knows about each of them, and the only place where the statuses
// of failures stand. A row has no defaults: a new reason says in each column what it means. reason.cpp checks
// what holds for all rows.

#include <gate/core/reason.hpp>

#include <array>

namespace gate::core::reason_table {

using acts = actor;
using from = origin;
using level = log_level;
using call = gate_call;

inline constexpr auto allow = verdict::allow;
inline constexpr auto deny = verdict::deny;
inline constexpr auto unavailable = verdict::unavailable;
inline constexpr std::nullopt_t undecided = std::nullopt;

// Answers that several reasons share. The gRPC statuses are those that gRPC's own mapping of HTTP statuses
// gives, but for RESOURCE_EXHAUSTED, which clients do not retry by themselves.
inline constexpr failure token_needed{
    .status = 401, .grpc = grpc_status::unauthenticated, .challenge = true, .field_name = "Authorization"};
inline constexpr failure token_refused{.status = 401,
                                       .grpc = grpc_status::unauthenticated,
                                       .challenge = true,
                                       .invalid_token = true,
                                       .field_name = "Authorization"};
inline constexpr failure forbidden{.status = 403, .grpc = grpc_status::permission_denied};
// RFC 9110 15.5.20: not later, but over another connection the same request may succeed.
inline constexpr failure misdirected{
    .status = 421, .grpc = grpc_status::internal, .closes = true, .field_name = "Host"};
inline constexpr failure throttled{.status = 429,
                                   .grpc = grpc_status::resource_exhausted,
                                   .retryable = true,
                                   .grpc_pushback = true,
                                   .retry_after = 1};
inline constexpr failure try_later{.status = 503,
                                   .grpc = grpc_status::unavailable,
                                   .retryable = true,
                                   .grpc_pushback = true,
                                   .retry_after = 1};
inline constexpr failure too_late{
    .status = 408, .grpc = grpc_status::internal, .retryable = true, .closes = true};
inline constexpr failure bad_gateway{
    .status = 502, .grpc = grpc_status::unavailable, .retryable = true, .may_have_acted = true};
inline constexpr failure unanswered{
    .status = 504, .grpc = grpc_status::deadline_exceeded, .retryable = true, .may_have_acted = true};
inline constexpr failure internal{
    .status = 500, .grpc = grpc_status::internal, .retryable = true, .closes = true};
inline constexpr failure unheard{.status = 0, .grpc = grpc_status::ok, .closes = true};

constexpr failure malformed(int status, std::string_view field_name = {}) {
    return {.status = status, .grpc = grpc_status::internal, .closes = true, .field_name = field_name};
}

constexpr failure unsupported(int status, std::string_view field_name = {}) {
    return {.status = status, .grpc = grpc_status::unimplemented, .closes = true, .field_name = field_name};
}

constexpr failure not_reached(int status) {
    auto out = bad_gateway;
    out.status = status;
    out.may_have_acted = false;
    out.grpc_pushback = true;
    return out;
}

// Somebody has to change a configuration first.
constexpr failure after_a_change(failure base) {
    base.retry_after = 30;
    return base;
}

constexpr failure on_new_connection(failure base) {
    base.closes = true;
    return base;
}

// The upstream may have acted on the request.
constexpr failure without_pushback(failure base) {
    base.grpc_pushback = false;
    return base;
}

// In the order of the enumeration.
inline constexpr std::array<reason_row, reason_count> rows{{
    {reason::none, "none", undecided, acts::nobody, from::ours, level::info, call::none, internal,
     "No decision was reached."},
    {reason::token_verified, "token_verified", allow, acts::nobody, from::gate, level::info, call::answered,
     internal, "Gate has accepted the token."},
    {reason::token_grace, "token_grace", allow, acts::gate, from::gate, level::info, call::none, internal,
     "Gate cannot be asked; it accepted the token earlier."},
    {reason::public_path, "public_path", allow, acts::nobody, from::ours, level::info, call::none, internal,
     "The path needs no token."},
    {reason::no_token, "no_token", allow, acts::nobody, from::client, level::info, call::none, internal,
     "No agent token was sent, and none is required."},
    {reason::preflight, "preflight", allow, acts::nobody, from::client, level::info, call::none, internal,
     "A CORS preflight needs no token here."},
    {reason::discovery, "discovery", allow, acts::nobody, from::ours, level::info, call::none, internal,
     "The document tells agents how to sign up."},
    {reason::token_missing, "token_missing", deny, acts::caller, from::client, level::info, call::none,
     token_needed, "An agent token is required: send 'Authorization: Bearer agt_...'."},
    {reason::token_malformed, "token_malformed", deny, acts::caller, from::client, level::info, call::none,
     token_refused, "The agent token is malformed: send 'Authorization: Bearer agt_...'."},
    {reason::token_invalid, "token_invalid", deny, acts::caller, from::gate, level::info, call::answered,
     token_refused, "The agent token is not valid."},
    {reason::token_revoked, "token_revoked", deny, acts::caller, from::gate, level::info, call::answered,
     token_refused, "The agent token has been revoked."},
    {reason::token_rejected, "token_rejected", deny, acts::caller, from::gate, level::info, call::answered,
     token_refused, "Gate considers the agent token malformed."},
    {reason::token_throttled, "token_throttled", deny, acts::caller, from::client, level::info, call::none,
     throttled, "Too many invalid tokens were sent from this address."},
    {reason::path_denied, "path_denied", deny, acts::caller, from::client, level::info, call::none, forbidden,
     "Nobody may use this path."},
    {reason::account_blocked, "account_blocked", deny, acts::operators, from::ours, level::info, call::none,
     forbidden, "The operator of this API has blocked the account."},
    {reason::gate_unreachable, "gate_unreachable", unavailable, acts::operators, from::gate, level::warn,
     call::failed, try_later, "The token could not be verified: Gate cannot be reached."},
    {reason::gate_timeout, "gate_timeout", unavailable, acts::gate, from::gate, level::warn, call::failed,
     try_later, "The token could not be verified: Gate did not answer in time."},
    {reason::gate_rate_limited, "gate_rate_limited", unavailable, acts::operators, from::gate, level::warn,
     call::refused, try_later, "The token could not be verified: Gate's rate limit has been reached."},
    {reason::gate_failing, "gate_failing", unavailable, acts::gate, from::gate, level::warn, call::failed,
     try_later, "The token could not be verified: Gate answers with errors."},
    {reason::gate_bad_answer, "gate_bad_answer", unavailable, acts::gate, from::gate, level::warn,
     call::failed, try_later, "The token could not be verified: Gate's answer is not valid."},
    {reason::gate_key_refused, "gate_key_refused", unavailable, acts::operators, from::gate, level::error,
     call::refused, after_a_change(try_later),
     "The token could not be verified: Gate refuses this proxy's own key."},
    {reason::gate_form_refused, "gate_form_refused", unavailable, acts::operators, from::gate, level::error,
     call::refused, after_a_change(try_later),
     "The token could not be verified: Gate does not support this form of the call."},
    {reason::gate_busy, "gate_busy", unavailable, acts::operators, from::ours, level::warn, call::none,
     try_later, "The token could not be verified: too many verifications are in progress."},
    {reason::gate_call_delayed, "gate_call_delayed", unavailable, acts::gate, from::ours, level::warn,
     call::none, try_later, "The token could not be verified: a call for it failed while others succeeded."},
    {reason::gate_budget_spent, "gate_budget_spent", unavailable, acts::operators, from::ours, level::warn,
     call::none, try_later,
     "The token could not be verified: the budget of calls to Gate is used up for now."},
    {reason::gate_unconfirmed, "gate_unconfirmed", unavailable, acts::gate, from::gate, level::warn,
     call::unconfirmed, without_pushback(try_later),
     "The token of this stream could not be verified again in time."},
    {reason::bad_request_line, "bad_request_line", undecided, acts::caller, from::client, level::info,
     call::none, malformed(400), "The request line is malformed."},
    {reason::bad_target, "bad_target", undecided, acts::caller, from::client, level::info, call::none,
     malformed(400), "The request target is malformed."},
    {reason::bad_field, "bad_field", undecided, acts::caller, from::client, level::info, call::none,
     malformed(400), "A header field is malformed."},
    {reason::bad_host, "bad_host", undecided, acts::caller, from::client, level::info, call::none,
     malformed(400, "Host"), "Exactly one valid Host field is required."},
    {reason::bad_framing, "bad_framing", undecided, acts::caller, from::client, level::info, call::none,
     malformed(400), "The length of the request body is malformed or ambiguous."},
    {reason::bad_chunk, "bad_chunk", undecided, acts::caller, from::client, level::info, call::none,
     malformed(400), "The chunked body is malformed."},
    {reason::bad_authorization, "bad_authorization", undecided, acts::caller, from::client, level::info,
     call::none, malformed(400, "Authorization"), "The Authorization field is ambiguous."},
    {reason::bad_upgrade, "bad_upgrade", undecided, acts::caller, from::client, level::info, call::none,
     malformed(400), "The upgrade request is malformed."},
    {reason::bad_expectation, "bad_expectation", undecided, acts::caller, from::client, level::info,
     call::none, malformed(417, "Expect"), "The value of the Expect field is not supported."},
    {reason::unsupported_coding, "unsupported_coding", undecided, acts::caller, from::client, level::info,
     call::none, unsupported(501, "Transfer-Encoding"), "The transfer coding is not supported."},
    {reason::unsupported_version, "unsupported_version", undecided, acts::caller, from::client, level::info,
     call::none, unsupported(505), "The HTTP version is not supported."},
    {reason::method_refused, "method_refused", undecided, acts::caller, from::client, level::info, call::none,
     unsupported(405), "The method is not supported."},
    {reason::target_too_long, "target_too_long", undecided, acts::caller, from::client, level::info,
     call::none, malformed(414), "The request target is too long."},
    {reason::head_too_large, "head_too_large", undecided, acts::caller, from::client, level::info, call::none,
     malformed(431), "The header fields are too large or too many."},
    {reason::head_timeout, "head_timeout", undecided, acts::caller, from::client, level::info, call::none,
     too_late, "The request head did not arrive in time."},
    {reason::body_timeout, "body_timeout", undecided, acts::caller, from::client, level::info, call::none,
     too_late, "The request body did not arrive in time."},
    {reason::body_too_slow, "body_too_slow", undecided, acts::caller, from::client, level::info, call::none,
     too_late, "The request body arrived too slowly."},
    {reason::too_many_connections, "too_many_connections", undecided, acts::operators, from::ours,
     level::warn, call::none, on_new_connection(try_later), "Too many connections are open."},
    {reason::client_name_refused, "client_name_refused", undecided, acts::operators, from::client,
     level::warn, call::none, forbidden, "No name in the client's certificate is allowed here."},
    {reason::host_not_served_here, "host_not_served_here", undecided, acts::caller, from::client, level::info,
     call::none, misdirected,
     "The host is not the one that this connection was opened for: use a new connection."},
    {reason::peer_not_trusted, "peer_not_trusted", undecided, acts::operators, from::ours, level::warn,
     call::none, forbidden, "This address may not ask for decisions."},
    {reason::original_missing, "original_missing", undecided, acts::operators, from::client, level::warn,
     call::none, malformed(400), "The original request is missing, or ambiguous."},
    {reason::path_unknown, "path_unknown", undecided, acts::operators, from::client, level::info, call::none,
     failure{.status = 404, .grpc = grpc_status::unimplemented}, "Nothing is served at this path."},
    {reason::decision_changed, "decision_changed", undecided, acts::caller, from::ours, level::info,
     call::none, try_later, "The request was refused, and would be allowed now: send it again."},
    {reason::upstream_refused, "upstream_refused", undecided, acts::upstream, from::upstream, level::warn,
     call::none, not_reached(502), "The upstream service refused the connection."},
    {reason::upstream_unreachable, "upstream_unreachable", undecided, acts::upstream, from::upstream,
     level::warn, call::none, not_reached(502), "The upstream service cannot be reached."},
    {reason::upstream_connect_timeout, "upstream_connect_timeout", undecided, acts::upstream, from::upstream,
     level::warn, call::none, not_reached(504),
     "The upstream service did not accept the connection in time."},
    {reason::upstream_tls_untrusted, "upstream_tls_untrusted", undecided, acts::operators, from::upstream,
     level::error, call::none, not_reached(502),
     "The certificate of the upstream service is not trusted, or is out of date."},
    {reason::upstream_tls_name, "upstream_tls_name", undecided, acts::operators, from::upstream, level::error,
     call::none, not_reached(502), "The certificate of the upstream service is of another name."},
    {reason::upstream_tls_failed, "upstream_tls_failed", undecided, acts::operators, from::upstream,
     level::error, call::none, not_reached(502), "The TLS handshake with the upstream service failed."},
    {reason::upstream_timeout, "upstream_timeout", undecided, acts::upstream, from::upstream, level::warn,
     call::none, unanswered, "The upstream service did not answer in time."},
    {reason::upstream_reset, "upstream_reset", undecided, acts::upstream, from::upstream, level::warn,
     call::none, bad_gateway, "The upstream service closed the connection before answering."},
    {reason::upstream_bad_response, "upstream_bad_response", undecided, acts::upstream, from::upstream,
     level::warn, call::none, bad_gateway, "The upstream service sent a malformed response."},
    {reason::upstream_truncated, "upstream_truncated", undecided, acts::upstream, from::upstream, level::warn,
     call::none, bad_gateway, "The upstream service ended its response early."},
    {reason::upstream_busy, "upstream_busy", undecided, acts::operators, from::ours, level::warn, call::none,
     try_later, "All connections to the upstream service are in use."},
    {reason::upstream_share_exceeded, "upstream_share_exceeded", undecided, acts::caller, from::client,
     level::info, call::none, try_later,
     "This caller already holds its share of the connections to the upstream service."},
    {reason::client_gone, "client_gone", undecided, acts::caller, from::client, level::info, call::none,
     unheard, "The client closed the connection."},
    {reason::client_too_slow, "client_too_slow", undecided, acts::caller, from::client, level::info,
     call::none, unheard, "The client read the response too slowly."},
    {reason::draining, "draining", undecided, acts::nobody, from::ours, level::info, call::none,
     on_new_connection(try_later), "This proxy is shutting down."},
    {reason::internal_error, "internal_error", undecided, acts::operators, from::ours, level::error,
     call::not_made, internal, "The proxy failed to handle the request."},
}};

}  // namespace gate::core::reason_table
