#pragma once
// One request with its response, from the first byte of the one to the last of the other, whatever the
// protocols: decide, pass on, answer, account.

#include <gate/auth/access.hpp>
#include <gate/proxy/token_watch.hpp>
#include <gate/proxy/upstream_call.hpp>

#include <exception>
#include <optional>

namespace gate::proxy {

class exchange {
public:
    // All outlive this object. `by`: the configuration of now; `started`: when the first byte of the request
    // was read; `head_came`: when its head was whole.
    exchange(session_resources& resources, const local_snapshot& by, protocol::inbound& inbound,
             const proxy::peer& peer, core::time_point started, core::time_point head_came) noexcept;
    exchange(const exchange&) = delete;
    exchange& operator=(const exchange&) = delete;

    // Serves the request, or says what was wrong with its `head`; none: nothing. Writes the access-log line
    // and the metrics. Never throws for what a peer does.
    core::task<> run(core::reason head);

    // What was thrown while it ran, if anything was: nothing that a peer does.
    const std::exception_ptr& surprise() const noexcept { return surprise_; }

    // When run() ended.
    core::time_point ended() const noexcept { return record_.ended; }

    // Gate vouches for the token of the request.
    bool has_shown_token() const noexcept { return access_.has_token() && access_.is_allowed(); }

    // The program is about to end: a WebSocket is told so.
    void drain() { call_.drain(); }
    // Has the token verified again if it is time to, or `at_once`, and ends the exchange if it is refused.
    // May run it to its end.
    void look_at_token(core::time_point now, bool at_once);
    // Ends the exchange if its token was revoked through this process. May run it to its end.
    void look_at_revocation(core::time_point now);
    // Ends it if it is a stream that the configuration of now would refuse; whether it did. What is no stream
    // runs to its end. May run it to its end.
    bool look_at_policy();
    // Ends the exchange now, for this reason. What the client has got of a response is not made complete.
    void cut(core::reason why) noexcept { call_.cut(why); }

private:
    // The spine, in order.
    core::task<core::reason> handle();
    void choose_ids();
    core::task<core::reason> pass_on_if_verified();
    core::task<core::reason> pass_on_if_allowed();
    core::task<core::reason> pass_on();
    core::task<core::reason> answer_with(const http::page& document);
    core::task<core::reason> answer_as_last();
    bool is_held_to_token() const noexcept;
    core::task<bool> finish(core::reason why);
    core::task<bool> refuse(core::reason why);
    core::task<core::reason> send_reply(http::reply what, bool closes);

    const snapshot& by() const noexcept { return *local_.shared; }

    session_resources& resources_;
    const local_snapshot& local_;
    protocol::inbound& inbound_;
    const http::request_facts& asked_;
    requester asker_;
    core::time_point head_came_;
    auth::access access_;
    exchange_record record_;
    upstream_call call_;
    std::optional<token_watch> watch_;  // of a token that has been looked at again
    std::exception_ptr surprise_;
};

}  // namespace gate::proxy
