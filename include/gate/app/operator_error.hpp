#pragma once
// Errors of the admin listener, in the envelope that Gate's users know (see http/reply):
// {"error": {"code", "message", "status", "retryable", "request_id", "details"}}.

#include <gate/app/operating_server.hpp>
#include <gate/core/json_writer.hpp>

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

namespace gate::app {

struct operator_error {
    unsigned status = 500;
    std::string_view code;
    std::string_view message;             // any text
    bool retryable = false;               // the same request may succeed later
    std::chrono::seconds retry_after{0};  // 0: not said
    std::string_view request_id;
    std::vector<std::string> problems{};  // error.details.problems; none: no such member
};

endpoint_reply reply_of(const operator_error& error);

// The body ends with a line feed.
endpoint_reply json_reply(unsigned status, const core::json_writer& body);

}  // namespace gate::app
