#include <gate/auth/ruling.hpp>

namespace gate::auth {
namespace {

using core::reason;
using core::verdict;

void settle(ruling& out, verdict decided, reason why) noexcept {
    out.verdict = decided;
    out.reason = why;
}

// A route in shadow that is stricter than what is enforced opens nothing, and refuses nothing.
reason refusal_on_trial(const route_decision& route, const http::request_facts& asked, token_kind shown) {
    if (route.in_shadow || route.tried <= route.needs) return reason::none;
    if (route.tried == route_access::deny) return reason::path_denied;
    if (route.tried_preflight && http::is_cors_preflight(asked)) return reason::none;
    if (shown == token_kind::malformed) return reason::token_malformed;
    const bool lacks_token = shown != token_kind::agent && route.tried == route_access::required;
    return lacks_token ? reason::token_missing : reason::none;
}

}  // namespace

ruling rule_on(const http::request_facts& asked, const bearer& shown, const access_policy& policy,
               policy_scratch& scratch) {
    ruling out;
    policy.decide(asked, scratch, out.route);
    out.needs = out.route.in_shadow ? out.route.tried : out.route.needs;
    out.on_trial = refusal_on_trial(out.route, asked, shown.kind);
    // It was not verified and will not be: it is not passed on.
    out.drops_authorization = holds_agent_token(shown.kind);
    const bool is_ours = shown.kind == token_kind::agent || shown.kind == token_kind::malformed;
    const bool may_be_preflight = out.route.in_shadow ? out.route.tried_preflight : out.route.preflight;
    if (out.route.has_too_many_readings) {
        settle(out, verdict::deny, reason::bad_target);
    } else if (out.needs == route_access::deny) {
        settle(out, verdict::deny, reason::path_denied);
    } else if (policy.document_for(asked) != nullptr) {
        settle(out, verdict::allow, reason::discovery);
    } else if (out.needs == route_access::none) {
        settle(out, verdict::allow, reason::public_path);
    } else if (may_be_preflight && !asked.head.has(http::field_id::rerouting_passed) &&
               http::is_cors_preflight(asked)) {  // what is moved elsewhere is no preflight (rule 7)
        settle(out, verdict::allow, reason::preflight);
    } else if (!is_ours && out.needs == route_access::optional) {
        settle(out, verdict::allow, reason::no_token);
    } else if (!is_ours) {
        settle(out, verdict::deny, reason::token_missing);
    } else if (shown.kind == token_kind::malformed) {
        settle(out, verdict::deny, reason::token_malformed);
    } else {
        out.drops_authorization = !policy.forwards_token(out.route.chosen);
    }
    return out;
}

}  // namespace gate::auth
