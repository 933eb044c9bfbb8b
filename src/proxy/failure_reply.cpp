#include <gate/proxy/failure_reply.hpp>

namespace gate::proxy {
namespace {

using core::reason;

constexpr failure denied{
    .status = 401, .challenge = true, .invalid_token = true, .field_name = "Authorization"};
constexpr failure unavailable{.status = 503, .retryable = true, .retry_after = 1};
constexpr failure malformed{.status = 400, .closes = true};
constexpr failure bad_gateway{.status = 502, .retryable = true};
constexpr failure gateway_timeout{.status = 504, .retryable = true};

constexpr failure with_status(failure base, int status) {
    base.status = status;
    return base;
}

constexpr failure at_field(failure base, const char* name) {
    base.field_name = name;
    return base;
}

constexpr failure after(failure base, int seconds) {
    base.retry_after = seconds;
    return base;
}

}  // namespace

failure failure_of(reason why) noexcept {
    switch (why) {
        case reason::token_missing: return {.status = 401, .challenge = true, .field_name = "Authorization"};
        case reason::token_malformed:
        case reason::token_invalid:
        case reason::token_revoked:
        case reason::token_rejected: return denied;
        case reason::token_throttled: return {.status = 429, .retryable = true, .retry_after = 1};

        case reason::gate_unreachable:
        case reason::gate_timeout:
        case reason::gate_rate_limited:
        case reason::gate_failing:
        case reason::gate_bad_answer:
        case reason::gate_call_delayed:
        case reason::gate_budget_spent:
        case reason::gate_unconfirmed:
        case reason::gate_busy: return unavailable;
        // Somebody has to change a configuration first.
        case reason::gate_key_refused:
        case reason::gate_form_refused: return after(unavailable, 30);

        case reason::bad_request_line:
        case reason::bad_target:
        case reason::bad_field:
        case reason::bad_framing:
        case reason::bad_chunk:
        case reason::bad_upgrade: return malformed;
        case reason::bad_host: return at_field(malformed, "Host");
        case reason::bad_authorization: return at_field(malformed, "Authorization");
        case reason::bad_expectation: return at_field(with_status(malformed, 417), "Expect");
        case reason::unsupported_coding: return at_field(with_status(malformed, 501), "Transfer-Encoding");
        case reason::unsupported_version: return with_status(malformed, 505);
        case reason::method_refused: return with_status(malformed, 405);
        case reason::target_too_long: return with_status(malformed, 414);
        case reason::head_too_large: return with_status(malformed, 431);
        case reason::head_timeout:
        case reason::body_timeout:
        case reason::body_too_slow: return {.status = 408, .retryable = true, .closes = true};
        case reason::too_many_connections:
            return {.status = 503, .retryable = true, .retry_after = 1, .closes = true};

        case reason::upstream_refused:
        case reason::upstream_unreachable:
        case reason::upstream_reset:
        case reason::upstream_bad_response:
        case reason::upstream_truncated: return bad_gateway;
        case reason::upstream_connect_timeout:
        case reason::upstream_timeout: return gateway_timeout;
        case reason::upstream_busy:
        case reason::upstream_share_exceeded: return unavailable;

        case reason::client_gone:
        case reason::client_too_slow: return {.status = 0, .closes = true};
        case reason::draining: return {.status = 503, .retryable = true, .retry_after = 1, .closes = true};

        case reason::none:
        case reason::token_verified:
        case reason::token_grace:
        case reason::public_path:
        case reason::no_token:
        case reason::internal_error:
        case reason::count_: break;
    }
    return {.status = 500, .retryable = true, .closes = true};
}

}  // namespace gate::proxy
