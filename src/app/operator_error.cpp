#include <gate/app/operator_error.hpp>
#include <gate/telemetry/text_escape.hpp>

namespace gate::app {

std::string json_text(std::string_view text) {
    std::string out(telemetry::escaped_bound(text.size()) + 2, '\0');
    out.front() = '"';
    auto* end = telemetry::write_escaped(out.data() + 1, text);
    *end++ = '"';
    out.resize(static_cast<std::size_t>(end - out.data()));
    return out;
}

endpoint_reply reply_of(const operator_error& error) {
    endpoint_reply out{error.status, "application/json"};
    out.body = "{\"error\": {\"code\": " + json_text(error.code) +
               ", \"message\": " + json_text(error.message) +
               ", \"status\": " + std::to_string(error.status) +
               ", \"retryable\": " + (error.retryable ? "true" : "false") +
               ", \"request_id\": " + json_text(error.request_id) + ", \"details\": {" +
               (error.retryable ? "\"next_action\": \"retry\"" : "") + error.details + "}}}\n";
    out.fields.emplace_back("X-Request-Id", error.request_id);
    if (error.retry_after.count() > 0)
        out.fields.emplace_back("Retry-After", std::to_string(error.retry_after.count()));
    return out;
}

}  // namespace gate::app
