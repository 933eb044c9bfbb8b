#include <gate/core/reason.hpp>

#include <array>
#include <string>

namespace gate::core {
namespace {

struct row {
    std::string_view code;
    std::string_view sentence;
};

// In the order of the enumeration; the unit test compares the two.
constexpr std::array<row, reason_count> rows{{
    {"none", "No decision was reached."},
    {"token_verified", "Gate vouches for the token."},
    {"token_grace", "Gate cannot be asked; it vouched for the token before."},
    {"public_path", "The path needs no token."},
    {"no_token", "No agent token was sent, and none is required."},
    {"token_missing", "An agent token is required: send 'Authorization: Bearer agt_...'."},
    {"token_malformed", "The agent token is malformed."},
    {"token_invalid", "The agent token is not valid."},
    {"token_revoked", "The agent token has been revoked."},
    {"token_rejected", "The agent token is not one that Gate could have issued."},
    {"token_throttled", "Too many invalid tokens were sent from this address."},
    {"gate_unreachable", "The token could not be verified: Gate cannot be reached."},
    {"gate_timeout", "The token could not be verified: Gate did not answer in time."},
    {"gate_rate_limited", "The token could not be verified: Gate's rate limit is used up."},
    {"gate_failing", "The token could not be verified: Gate answers with errors."},
    {"gate_bad_answer", "The token could not be verified: Gate's answer could not be understood."},
    {"gate_key_refused", "The token could not be verified: this service's own key was refused."},
    {"gate_form_refused",
     "The token could not be verified: Gate does not know this form of the verification call."},
    {"gate_busy", "The token could not be verified: too many verifications are under way."},
    {"gate_call_delayed",
     "The token could not be verified: Gate failed for it while it answered for others."},
    {"gate_budget_spent", "The token could not be verified: the calls to Gate are used up for now."},
    {"gate_unconfirmed", "The token of this stream could not be verified again in time."},
    {"bad_request_line", "The request line is malformed."},
    {"bad_target", "The request target is malformed."},
    {"bad_field", "A header field is malformed."},
    {"bad_host", "Exactly one valid Host field is required."},
    {"bad_framing", "The length of the request body is malformed or ambiguous."},
    {"bad_chunk", "The chunked body is malformed."},
    {"bad_authorization", "The Authorization field is ambiguous."},
    {"bad_upgrade", "The upgrade request is malformed."},
    {"bad_expectation", "The expectation is not supported."},
    {"unsupported_coding", "The transfer coding is not supported."},
    {"unsupported_version", "The HTTP version is not supported."},
    {"method_refused", "The method is not supported."},
    {"target_too_long", "The request target is too long."},
    {"head_too_large", "The header fields are too large or too many."},
    {"head_timeout", "The request head did not arrive in time."},
    {"body_timeout", "The request body did not arrive in time."},
    {"body_too_slow", "The request body arrived too slowly."},
    {"too_many_connections", "Too many connections."},
    {"upstream_refused", "The service behind this proxy refused the connection."},
    {"upstream_unreachable", "The service behind this proxy cannot be reached."},
    {"upstream_connect_timeout", "The service behind this proxy did not accept the connection in time."},
    {"upstream_timeout", "The service behind this proxy did not answer in time."},
    {"upstream_reset", "The service behind this proxy closed the connection before it had answered."},
    {"upstream_bad_response", "The service behind this proxy sent a malformed response."},
    {"upstream_truncated", "The service behind this proxy ended its response early."},
    {"upstream_busy", "All connections to the service behind this proxy are in use."},
    {"upstream_share_exceeded",
     "This caller already holds its share of the connections to the service behind this proxy."},
    {"client_gone", "The client went away."},
    {"client_too_slow", "The client took the response too slowly."},
    {"draining", "This proxy is shutting down."},
    {"internal_error", "The proxy failed to handle the request."},
}};

class reason_category final : public boost::system::error_category {
public:
    const char* name() const noexcept override { return "gate"; }
    std::string message(int value) const override {
        return std::string(describe(static_cast<reason>(value)));
    }
};

const reason_category category;

const row& row_of(reason why) noexcept {
    const auto index = static_cast<std::size_t>(why);
    return rows[index < rows.size() ? index : 0];
}

}  // namespace

std::string_view to_string(reason why) noexcept {
    return row_of(why).code;
}
std::string_view describe(reason why) noexcept {
    return row_of(why).sentence;
}
error_code make_error_code(reason why) noexcept {
    return {static_cast<int>(why), category};
}

reason reason_of(const error_code& ec, reason otherwise) noexcept {
    return ec.category() == category ? static_cast<reason>(ec.value()) : otherwise;
}

}  // namespace gate::core
