#include <gate/app/admin_access.hpp>
#include <gate/app/operator_error.hpp>
#include <gate/core/text.hpp>

#include <string>

namespace gate::app {
namespace {

// RFC 9110 11.1: the scheme's case does not matter.
bool shows(std::string_view authorization, const core::secret_string& token) {
    constexpr std::string_view scheme = "bearer ";
    const bool is_bearer =
        authorization.size() > scheme.size() && core::iequals(authorization.substr(0, scheme.size()), scheme);
    return is_bearer && token == core::secret_string(std::string(authorization.substr(scheme.size())));
}

}  // namespace

// Rule 18.
bool admin_access::admits(const endpoint_request& request, const operating_server::answering& done) {
    const auto id = ids_.next();
    if (now_().admin_token.empty()) {
        done(reply_of(
            {.status = 403,
             .code = "admin.disabled",
             .message = "This endpoint needs an admin token, and none is configured (admin.token_file).",
             .request_id = id.view()}));
        return false;
    }
    if (shows(request.authorization.reveal(), now_().admin_token)) return true;
    const bool has_one = !request.authorization.empty();
    auto refusal =
        reply_of({.status = 401,
                  .code = has_one ? "admin.invalid_token" : "admin.missing_token",
                  .message = has_one ? "This is not the admin token: send the one of admin.token_file or "
                                       "GATE_SIDECAR_ADMIN_TOKEN."
                                     : "Send 'Authorization: Bearer TOKEN' with the admin token.",
                  .request_id = id.view()});
    refusal.fields.emplace_back("WWW-Authenticate", has_one
                                                        ? "Bearer realm=\"admin\", error=\"invalid_token\""
                                                        : "Bearer realm=\"admin\"");
    done(std::move(refusal));
    return false;
}

}  // namespace gate::app
