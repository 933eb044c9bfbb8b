#include <gate/app/operator_error.hpp>

namespace gate::app {

endpoint_reply json_reply(unsigned status, const core::json_writer& body) {
    return {status, "application/json", std::string(body.text()) + '\n'};
}

endpoint_reply reply_of(const operator_error& error) {
    core::json_writer to;
    to.begin_object();
    to.name("error");
    to.begin_object();
    to.member("code", error.code);
    to.member("message", error.message);
    to.member("status", error.status);
    to.member("retryable", error.retryable);
    to.member("request_id", error.request_id);
    to.name("details");
    to.begin_object();
    if (error.retryable) to.member("next_action", "retry");
    if (!error.problems.empty()) to.list("problems", error.problems);
    to.end_object();
    to.end_object();
    to.end_object();
    auto out = json_reply(error.status, to);
    out.fields.emplace_back("X-Request-Id", error.request_id);
    if (error.retry_after.count() > 0)
        out.fields.emplace_back("Retry-After", std::to_string(error.retry_after.count()));
    return out;
}

}  // namespace gate::app
