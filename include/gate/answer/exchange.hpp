#pragma once
// One request of another proxy with our answer: read the original, decide, answer, account. Nothing is
// forwarded.

#include <gate/answer/forwarded_client.hpp>
#include <gate/answer/question.hpp>
#include <gate/answer/resources.hpp>
#include <gate/answer/rules.hpp>
#include <gate/auth/access.hpp>
#include <gate/http/reply.hpp>
#include <gate/protocol/door.hpp>

#include <exception>
#include <optional>

namespace gate::answer {

class exchange final : public protocol::carried_exchange {
public:
    // All outlive this object. `started`: when the first byte of the request was read; `head_came`: when its
    // head was whole.
    exchange(resources& of_worker, rules_pointer by, protocol::inbound& asking, const protocol::peer& from,
             core::time_point started, core::time_point head_came);

    core::task<> run(core::reason head) override;
    const std::exception_ptr& surprise() const noexcept override { return surprise_; }
    core::time_point ended() const noexcept override { return ended_; }
    bool has_shown_token() const noexcept override { return access_.has_token() && access_.is_allowed(); }

    void drain() override {}
    void cut(core::reason why) noexcept override;
    // The answer is given once: what the other proxy makes of it is not known here.
    void look_at_token(core::time_point, bool) override {}
    void look_at_revocation(core::time_point) override {}
    bool look_at_policy() override { return false; }

private:
    core::task<core::reason> handle();
    void choose_ids();
    core::reason read_asked();
    core::reason read_document();
    core::task<core::reason> ask_gate();
    core::reason conclude();
    core::reason decide(core::reason why);

    // exchange_finish.cpp
    core::task<> finish(core::reason why);
    http::reply allowance();
    http::reply document() const noexcept;
    http::reply refusal(core::reason why) const;
    core::task<> send(http::reply what, bool closes);
    void account() noexcept;
    bool is_logged() const noexcept;
    bool is_plainly_allowed() const noexcept;
    void write_down();
    void export_spans(const telemetry::access_record& line, bool is_shown);
    std::string_view request_id() const noexcept;
    telemetry::request_labels labels() const noexcept;

    resources& resources_;
    const rules_pointer by_;
    protocol::inbound& inbound_;
    const http::request_facts& asked_;
    const protocol::peer& peer_;
    const core::time_point started_;
    const core::time_point head_came_;
    core::time_point ended_{};
    auth::access access_;
    asked_question question_;
    original_request original_;
    const http::page* document_ = nullptr;  // of ours, that is asked for
    std::optional<forwarded_client> client_;
    http::request_id own_id_{};
    http::traceparent trace_{};
    bool is_traced_ = false;                     // spans of it are exported
    core::reason decided_ = core::reason::none;  // about the original request
    core::reason failure_ = core::reason::none;  // why there was no decision, or no answer
    core::reason cut_ = core::reason::none;
    int status_ = 0;  // 0: nothing was answered
    bool shows_agent_token_ = false;
    bool is_understood_ = false;  // the head of the request was acceptable: what follows it is the next one
    std::exception_ptr surprise_;
};

}  // namespace gate::answer
