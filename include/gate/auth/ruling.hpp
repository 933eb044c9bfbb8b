#pragma once
// What the head of a request alone decides: pure, and the same for every door and for `explain`.

#include <gate/auth/decision.hpp>
#include <gate/auth/policy.hpp>
#include <gate/auth/token.hpp>
#include <gate/http/request_facts.hpp>

namespace gate::auth {

struct ruling {
    requirement needs = requirement::required;
    core::reason reason = core::reason::none;  // of allow and deny; none: the token has to be verified
    core::verdict verdict = core::verdict::unavailable;  // allow or deny, unless the token has to be verified
    bool drops_authorization = true;  // the field does not reach the upstream if the request passes

    bool must_verify() const noexcept { return reason == core::reason::none; }
};

// `shown`: what extract_bearer has found in the same request. `forwards_tokens`: upstream.forward_token.
ruling rule_on(const http::request_facts& asked, const bearer& shown, const route_policy& policy,
               bool forwards_tokens);

}  // namespace gate::auth
