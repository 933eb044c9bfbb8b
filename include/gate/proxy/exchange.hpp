#pragma once
// One request with its response, from the first byte of the one to the last of the other, whatever the
// protocols: decide, pass on, answer, account.

#include <gate/auth/access.hpp>
#include <gate/protocol/door.hpp>
#include <gate/proxy/echo.hpp>
#include <gate/proxy/token_watch.hpp>
#include <gate/proxy/upstream_call.hpp>

#include <exception>
#include <optional>

namespace gate::proxy {

class exchange final : public protocol::carried_exchange {
public:
    // All outlive this object. `by`: the configuration of now; `started`: when the first byte of the request
    // was read; `head_came`: when its head was whole.
    exchange(session_resources& resources, const local_snapshot& by, protocol::inbound& inbound,
             const proxy::peer& peer, core::time_point started, core::time_point head_came) noexcept;

    core::task<> run(core::reason head) override;
    const std::exception_ptr& surprise() const noexcept override { return surprise_; }
    core::time_point ended() const noexcept override { return record_.ended; }
    bool has_shown_token() const noexcept override { return access_.has_token() && access_.is_allowed(); }

    void drain() override { call_.drain(); }  // a WebSocket is told so
    void cut(core::reason why) noexcept override { call_.cut(why); }
    void look_at_token(core::time_point now, bool at_once) override;
    void look_at_revocation(core::time_point now) override;
    bool look_at_policy() override;  // what is no stream runs to its end

private:
    // The spine, in order.
    core::task<core::reason> handle();
    void choose_ids();
    core::task<core::reason> pass_on_if_verified();
    core::task<core::reason> pass_on_if_allowed();
    core::task<core::reason> answer_by_echo();
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
    core::time_point decided_at_;  // with the head, unless Gate had to be asked
    auth::access access_;
    exchange_record record_;
    std::shared_ptr<const echo> echo_;  // that it leads to, in place of the upstream
    upstream_call call_;
    std::optional<token_watch> watch_;  // of a token that has been looked at again
    std::exception_ptr surprise_;
};

}  // namespace gate::proxy
