// The end of an exchange: what the client is told when it failed.
#include <gate/http/accept.hpp>
#include <gate/proxy/exchange.hpp>

namespace gate::proxy {

using core::reason;

namespace {

// Why the client does not have the whole of a response of our own.
reason reason_of_reply(relay_end end) noexcept {
    switch (end) {
        case relay_end::done: return reason::none;
        case relay_end::sink_timed_out:
        case relay_end::sink_too_slow: return reason::client_too_slow;
        default: return reason::client_gone;
    }
}

http::body_form form_for(const http::request_facts& asked) noexcept {
    return http::prefers_problem(asked.head) ? http::body_form::problem : http::body_form::error;
}

}  // namespace

core::task<bool> exchange::finish(reason why) {
    if (why != reason::none) return refuse(why);
    record_.ended = record_.upstream_ended;
    return true;
}

// Answers if nobody has yet. False: somebody had.
core::task<bool> exchange::refuse(reason why) {
    // A request that is not acceptable was not refused by a decision.
    const bool is_decision = why == access_.made().reason && core::verdict_of(why).has_value();
    if (access_.passes() || !is_decision) record_.failure = why;
    if (call_.is_upgraded() && !surprise_) co_return false;  // it has been told in its own way
    if (inbound_.has_begun() || why == reason::client_too_slow || why == reason::client_gone) {
        inbound_.reset(why);
        co_return false;
    }
    const auto& what = core::failure_of(why);
    const auto said = static_cast<int>(access_.made().retry_after.count());
    const http::reply reply{.status = what.status,
                            .reason = why,
                            .form = form_for(asked_),
                            .retry_after = what.retry_after > 0 && said > 0 ? said : what.retry_after,
                            .repeatable = !what.may_have_acted || http::is_idempotent(asked_.head.verb)};
    const bool closes = what.closes || call_.is_halted();
    const reason untold = co_await send_reply(reply, closes);  // g++ 12 needs the variables
    if (untold == reason::client_too_slow) record_.failure = untold;
    if (untold != reason::none) inbound_.reset(untold);  // a part of it may have gone out
    co_return true;
}

// Rule 9: the document is ours, and nothing of the API comes with it.
core::task<reason> exchange::answer_with(const http::page& document) {
    const http::reply reply{.status = 200, .page = &document};
    return send_reply(reply, false);
}

// RFC 9110 7.6.2: the request may go no further, so the answer is ours.
core::task<reason> exchange::answer_as_last() {
    const http::reply reply{.status = 204};
    return send_reply(reply, false);
}

// Sends a response of our own, of which `what` says all but what every one of them has.
core::task<reason> exchange::send_reply(http::reply what, bool closes) {
    if (!record_.has_own_id()) record_.own_id = resources_.ids.next();
    what.texts = &by().errors;
    what.request_id = record_.own_id.view();
    what.x_request_id = record_.request_id;
    what.date = resources_.date.at(core::wall_clock::now());
    record_.status = what.status;
    const auto put = inbound_.try_send_reply(what, closes);
    record_.response_head_bytes = inbound_.head_bytes();
    record_.response_body_bytes = inbound_.reply_bytes();
    pace due = by().client_pace;
    due.move(put.bytes);
    const auto end = co_await send_rest(inbound_, put, by().options.limits.body_timeout, &due);
    co_return reason_of_reply(end);
}

}  // namespace gate::proxy
