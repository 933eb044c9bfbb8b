#pragma once
// The responses that we make ourselves: errors in the shape that Gate's users know (error_texts), and pages.

#include <gate/core/reason.hpp>
#include <gate/http/error_texts.hpp>

#include <string>
#include <string_view>

namespace gate::http {

// "Bad Gateway" for 502; empty for a status that we never send.
std::string_view status_phrase(int status) noexcept;

// What everybody may read, and keep for an hour.
struct page {
    std::string_view content_type;
    std::string body;
};

// All that is referred to outlives the call that it is given to.
struct reply {
    int status = 500;
    // What the body is about, and what the table of reasons says of it: whether it is retryable, whether
    // there is a challenge.
    core::reason reason = core::reason::internal_error;
    body_form form = body_form::error;
    const error_texts* texts = nullptr;  // nullptr: error_texts::plain()
    const http::page* page = nullptr;    // in place of an error, with a status of 200
    int retry_after = 0;                 // seconds for Retry-After; 0: none
    std::string_view request_id{};       // error.request_id: always ours
    std::string_view x_request_id{};     // X-Request-Id: the client's if it is kept; empty: request_id
    std::string_view date{};             // Date, an IMF-fixdate; empty: none
    std::string_view lines{};            // further fields, each with its CRLF
    bool repeatable = true;              // false: the API may have acted on what must not be done twice
    bool is_empty = false;               // no error: Content-Length: 0 instead of a body
    bool head_request = false;           // the response to HEAD has the fields of its body, and no body
    bool close = false;                  // Connection: close
    bool keep_alive_10 = false;          // Connection: keep-alive, for an HTTP/1.0 client
};

// Appends head and body to `out`. A 405 gets its Allow field, and so does a 204, which has no body: our
// answer to an OPTIONS that may go no further. Returns how many bytes of it are the body.
std::size_t append_reply(const reply& what, std::string& out);

}  // namespace gate::http
