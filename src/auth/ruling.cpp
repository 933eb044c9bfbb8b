#include <gate/auth/ruling.hpp>

namespace gate::auth {

using core::reason;

ruling rule_on(const http::request_facts& asked, const bearer& shown, const route_policy& policy,
               bool forwards_tokens) {
    ruling out;
    out.needs = policy.requirement_for(asked.target.path, asked.head.has(http::field_id::rerouting_passed));
    // It was not verified and will not be: it is not passed on.
    out.drops_authorization = holds_agent_token(shown.kind);
    const bool is_ours = shown.kind == token_kind::agent || shown.kind == token_kind::malformed;
    if (out.needs == requirement::none) {
        out.verdict = verdict::allow;
        out.reason = reason::public_path;
    } else if (!is_ours && out.needs == requirement::optional) {
        out.verdict = verdict::allow;
        out.reason = reason::no_token;
    } else if (!is_ours) {
        out.verdict = verdict::deny;
        out.reason = reason::token_missing;
    } else if (shown.kind == token_kind::malformed) {
        out.verdict = verdict::deny;
        out.reason = reason::token_malformed;
    } else {
        out.drops_authorization = !forwards_tokens;
    }
    return out;
}

}  // namespace gate::auth
