#include <gate/app/operator_error.hpp>
#include <gate/app/reload_endpoints.hpp>

namespace gate::app {
void reload_endpoints::add_to(operating_server& admin) {
    using answering = operating_server::answering;
    admin.handle_late("POST", "/reload", [this](const endpoint_request& request, const answering& done) {
        if (!access_.admits(request, done)) return;
        reload_([this, done](const reload_outcome& outcome) { done(reply_to(outcome)); });
    });
    admin.handle_late("GET", "/config", [this](const endpoint_request& request, const answering& done) {
        if (!access_.admits(request, done)) return;
        done({200, "application/json", state_.describe() + "\n"});
    });
}

endpoint_reply reload_endpoints::reply_to(const reload_outcome& outcome) {
    if (outcome.succeeded()) {
        core::json_writer to;
        to.begin_object();
        to.member("reloaded", true);
        to.member("generation", outcome.generation);
        to.list("changes", outcome.changes);
        to.list("restart_needed", outcome.need_restart);
        to.end_object();
        return json_reply(200, to);
    }
    auto problems = outcome.problems;
    if (!outcome.key_problem.empty()) problems.push_back(outcome.key_problem);
    const auto id = ids_.next();
    return reply_of({.status = 422,
                     .code = outcome.accepted ? "secret_key.refused" : "config.refused",
                     .message = outcome.accepted
                                    ? "The configuration is in force, but the secret key file has a problem: "
                                      "the last good key stays in use."
                                    : "The new configuration has problems: the last good one stays in force.",
                     .request_id = id.view(),
                     .problems = std::move(problems)});
}

}  // namespace gate::app
