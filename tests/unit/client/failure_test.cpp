#include <gate/client/failure.hpp>

#include <boost/asio/error.hpp>
#include <boost/beast/http/error.hpp>

#include <catch.hpp>

using namespace gate;
using client::failure;

namespace errc = boost::system::errc;
namespace http = boost::beast::http;

TEST_CASE("what a call failed by is classified") {
    struct row {
        core::error_code ec;
        failure kind;
    };
    const row rows[] = {
        {{}, failure::none},
        {errc::make_error_code(errc::too_many_files_open), failure::exhausted},
        {errc::make_error_code(errc::too_many_files_open_in_system), failure::exhausted},
        {errc::make_error_code(errc::no_buffer_space), failure::exhausted},
        {errc::make_error_code(errc::not_enough_memory), failure::exhausted},
        {client::unasked_bytes(), failure::bad_answer},
        {http::make_error_code(http::error::bad_chunk), failure::bad_answer},
        {http::make_error_code(http::error::body_limit), failure::bad_answer},
        {http::make_error_code(http::error::header_limit), failure::bad_answer},
        {http::make_error_code(http::error::end_of_stream), failure::unreachable},
        {http::make_error_code(http::error::partial_message), failure::unreachable},
        {boost::asio::error::eof, failure::unreachable},
        {boost::asio::error::connection_reset, failure::unreachable},
        {boost::asio::error::timed_out, failure::unreachable},  // of the network: the deadline has not passed
    };
    for (const auto& each : rows) {
        INFO(each.ec.message());
        const auto problem = client::explain(each.ec, true);
        CHECK(problem.kind == each.kind);
        CHECK(problem.detail == (each.ec ? each.ec.message() : ""));
    }
}

TEST_CASE("after the deadline a failure is a time-out, unless the call could not be made at all") {
    CHECK(client::explain({}, false).kind == failure::timed_out);
    CHECK(client::explain(boost::asio::error::operation_aborted, false).kind == failure::timed_out);
    CHECK(client::explain(client::unasked_bytes(), false).kind == failure::timed_out);
    CHECK(client::explain(errc::make_error_code(errc::too_many_files_open), false).kind ==
          failure::exhausted);
}
