#pragma once
// The responses that we make ourselves, in the shape that Gate's users know:
// {"error": {"code", "message", "status", "retryable", "request_id", "details"}}.

#include <gate/core/reason.hpp>

#include <string>
#include <string_view>

namespace gate::http {

// "Bad Gateway" for 502; empty for a status that we never send.
std::string_view status_phrase(int status) noexcept;

struct reply {
    int status = 500;
    core::reason reason = core::reason::internal_error;  // code and message of the body
    bool retryable = false;      // the same request may succeed later; also next_action "retry"
    int retry_after = 0;         // seconds for Retry-After; 0: none
    bool challenge = false;      // WWW-Authenticate: Bearer realm="gate" (RFC 6750 3)
    bool invalid_token = false;  // the challenge says error="invalid_token": one was given
    // details.header_name: the field at fault; empty: none. Must not need escaping.
    std::string_view header_name{};
    std::string_view request_id{};    // error.request_id: always ours
    std::string_view x_request_id{};  // X-Request-Id: the client's if it is kept; empty: request_id
    std::string_view date{};          // Date, an IMF-fixdate; empty: none
    bool head_request = false;        // the response to HEAD has the fields of its body, and no body
    bool close = false;               // Connection: close
    bool keep_alive_10 = false;       // Connection: keep-alive, for an HTTP/1.0 client
};

// Appends head and body to `out`. A 405 gets its Allow field, and so does a 204, which has no body: our
// answer to an OPTIONS that may go no further.
void append_reply(const reply& what, std::string& out);

}  // namespace gate::http
