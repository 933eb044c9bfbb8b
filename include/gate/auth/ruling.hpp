#pragma once
// What the head of a request alone decides: pure, and the same for every door and for `explain`.

#include <gate/auth/decision.hpp>
#include <gate/auth/policy.hpp>
#include <gate/auth/token.hpp>
#include <gate/http/request_facts.hpp>

namespace gate::auth {

struct ruling {
    route_decision route;
    // What decided: what is enforced, or what would be in shadow.
    route_access needs = route_access::required;
    // Of allow and deny; none: the token has to be verified. bad_target is no decision about a token: the
    // request is not acceptable.
    core::reason reason = core::reason::none;
    core::verdict verdict = core::verdict::unavailable;  // allow or deny, unless the token has to be verified
    // What a stricter route in shadow would refuse the request for; none: it would not, or that is not known
    // before its token is verified. Nothing is refused for it.
    core::reason on_trial = core::reason::none;
    bool drops_authorization = true;  // the field does not reach the upstream if the verdict is allow

    bool must_verify() const noexcept { return reason == core::reason::none; }
};

// `shown`: what extract_bearer has found in the same request.
ruling rule_on(const http::request_facts& asked, const bearer& shown, const access_policy& policy,
               policy_scratch& scratch);

}  // namespace gate::auth
