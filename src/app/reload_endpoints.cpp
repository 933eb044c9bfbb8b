#include <gate/app/operator_error.hpp>
#include <gate/app/reload_endpoints.hpp>

namespace gate::app {
namespace {

struct refusal_text {
    const char* code;
    const char* message;
};

refusal_text refusal_of(const reload_outcome& outcome) {
    if (!outcome.accepted)
        return {"config.refused", "The new configuration has problems: the last good one stays in force."};
    if (!outcome.key_problem.empty())
        return {
            "secret_key.refused",
            "The configuration is in force, but the secret key file has a problem: the last good key stays "
            "in use."};
    if (!outcome.certificate_problem.empty())
        return {
            "certificate.refused",
            "The configuration is in force, but a file under tls has a problem: the last good certificates "
            "stay in use."};
    return {
        "blocked_accounts.refused",
        "The configuration is in force, but the list of blocked accounts has a problem: the last good list "
        "stays in force."};
}

}  // namespace

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
    for (const auto& each : {outcome.key_problem, outcome.certificate_problem, outcome.block_problem})
        if (!each.empty()) problems.push_back(each);
    const auto id = ids_.next();
    const auto [code, message] = refusal_of(outcome);
    return reply_of({.status = 422,
                     .code = code,
                     .message = message,
                     .request_id = id.view(),
                     .problems = std::move(problems)});
}

}  // namespace gate::app
