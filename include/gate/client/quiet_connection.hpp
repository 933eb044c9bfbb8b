#pragma once
// A connection that may be asked, and what it was answered: see connection.hpp.

#include <gate/client/connection.hpp>
#include <gate/client/response.hpp>

#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include <memory>
#include <string_view>
#include <utility>

namespace gate::client {

// What an answer is that began before the peer had the whole question.
enum class early_answers : std::uint8_t {
    are_faults,
    may_refuse,  // of status 4xx or 5xx it counts: a server may refuse what is large unread (RFC
                 // 9110, 10.1.1)
};

// What came of a question.
struct answered {
    core::time_point asked;    // when
    core::error_code failure;  // unasked_bytes(): the answer began before the peer had the whole question
    bool any_byte = false;     // of a response
    bool is_early = false;     // the peer did not have the whole question
    response answer;
    std::unique_ptr<connection> reusable;  // null: the connection is closed
};

// A connection on which nothing has arrived unasked, to be asked once, immediately.
class quiet_connection {
public:
    // Waits until `idle` settles, and looks. Errors, with which `idle` is closed: unasked_bytes() if the peer
    // has said anything, eof and others if it has gone, timed_out if `deadline` comes first.
    static core::task<core::result<quiet_connection>> settle(std::unique_ptr<connection> idle,
                                                             core::time_point deadline);

    // Sends `request` and reads one final response. `request` stays until then. A connection with an early
    // answer is closed.
    static core::task<answered> ask(quiet_connection quiet, std::string_view request, response_bounds bounds,
                                    early_answers early = early_answers::are_faults);

    // Back to the connection that it was, for lack of a question.
    std::unique_ptr<connection> release() && noexcept { return std::move(own_); }

    core::stream_socket& socket() noexcept { return own_->socket(); }

private:
    using parser = boost::beast::http::response_parser<boost::beast::http::string_body>;

    explicit quiet_connection(std::unique_ptr<connection> own) noexcept : own_(std::move(own)) {}

    static core::task<core::error_code> read(connection& from, parser& into, response_bounds bounds,
                                             early_answers early, answered& out);

    std::unique_ptr<connection> own_;  // null once it is used up
};

}  // namespace gate::client
