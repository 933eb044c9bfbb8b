#pragma once
// Why a call of ours has no answer.

#include <gate/core/result.hpp>

#include <cstdint>
#include <string>

namespace gate::client {

enum class failure : std::uint8_t {
    none,
    exhausted,    // this process has no descriptor or no memory left: the peer has not failed
    timed_out,    // the deadline came first
    bad_answer,   // not HTTP, too large, or bytes that answer no request (rule 30)
    unreachable,  // no address, no connection, or one that broke
    closing,      // the client was closed before the call had a connection
    unsendable,   // the request holds a control character
    held_back,    // client_options::may_send said no
};

struct call_problem {
    failure kind = failure::none;
    std::string detail;  // for people; holds nothing of the request or the answer; may be empty
};

// `in_time`: the deadline has not passed. Without an error, in time: there is no problem.
call_problem explain(const core::error_code& ec, bool in_time);

// The error of a connection on which bytes came before the request.
core::error_code unasked_bytes() noexcept;

}  // namespace gate::client
