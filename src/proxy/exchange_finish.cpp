// The end of an exchange: what the client is told when it failed, what becomes of the connection, what is
// recorded.
#include <gate/http/traceparent.hpp>
#include <gate/proxy/exchange.hpp>

#include <algorithm>

namespace gate::proxy {

using core::reason;
using http::field_id;

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

}  // namespace

// The body has been read to its end, or there was never one to read.
bool exchange::is_body_read() const noexcept {
    return request_body_ && request_body_->is_done();
}

// Rule 22: what is left of the body is known, small, and on its way.
bool exchange::can_drain_body() const noexcept {
    return request_body_ && asked().framing.kind == http::body_kind::counted && !asked().asks.leave_to_send &&
           request_body_->wanted() <= options_.limits.drain && upload_failure_ == reason::none;
}

bool exchange::may_keep_client() const noexcept {
    return client_persists_ && !is_halted() && !context_.draining && (is_body_read() || can_drain_body());
}

// Decides the fate of the connection, and answers if that is still owed.
core::task<afterwards> exchange::finish(reason why) {
    if (why == reason::none && keep_ && is_body_read() && !upgraded_) {
        record_.ended = record_.upstream_ended;
        return afterwards::keep;
    }
    return finish_otherwise(why);
}

core::task<afterwards> exchange::finish_otherwise(reason why) {
    if (why != reason::none) {
        if (access_.is_allowed() || why != access_.made().why) record_.failure = why;
        if (upgraded_) co_return afterwards::close;  // it has been told in its own way
        if (response_started_ || why == reason::client_too_slow) co_return afterwards::abort;
        if (why == reason::client_gone) co_return afterwards::close;
        const reason untold = co_await refuse(why);  // g++ 12 lays the frame out wrongly without this
        if (untold == reason::client_too_slow) record_.failure = untold;
        if (untold != reason::none) co_return afterwards::abort;  // a part of it may have gone out
    }
    if (upgraded_) co_return afterwards::close;
    if (keep_) co_return is_body_read() ? afterwards::keep : afterwards::drain;
    const bool unread = !is_body_read() || downstream_.may_have_more();
    if (why != reason::none || unread) co_return afterwards::linger;
    co_return afterwards::close;
}

// Tells the client what failure_of names; reason::none when it has taken that.
core::task<reason> exchange::refuse(reason why) {
    const auto& what = core::failure_of(why);
    const auto said = static_cast<int>(access_.made().retry_after.count());
    keep_ = !what.closes && may_keep_client();
    const http::reply reply{.status = what.status,
                            .why = why,
                            .retryable = what.retryable,
                            .retry_after = what.retry_after > 0 && said > 0 ? said : what.retry_after,
                            .challenge = what.challenge,
                            .invalid_token = what.invalid_token,
                            .header_name = what.field_name};
    const reason untold = co_await send_reply(reply);
    co_return untold;
}

// RFC 9110 7.6.2: the request may go no further, so the answer is ours.
core::task<reason> exchange::answer_as_last() {
    keep_ = may_keep_client();
    const http::reply reply{.status = 204};
    const reason untold = co_await send_reply(reply);
    co_return untold;
}

// Sends a response of our own, of which `what` says all but what every one of them has. Rule 27: a client
// that does not take it keeps its connection no better than one that sends nothing.
core::task<reason> exchange::send_reply(http::reply what) {
    if (!record_.has_own_id()) record_.own_id = context_.ids.next();
    what.request_id = record_.own_id.view();
    what.x_request_id = record_.request_id;
    what.date = context_.date.at(core::wall_clock::now());
    what.head_request = asked().head.verb == http::method::head;
    what.close = !keep_;
    what.keep_alive_10 = keep_ && asked().head.minor == 0;
    record_.status = what.status;
    auto& out = memory_.downstream_head;
    out.clear();
    http::append_reply(what, out);
    record_.response_head_bytes = out.size();
    gather data;
    data.add(out);
    pace due = due_pace();
    auto writing = write_all(downstream_, data, patience(), &due);
    std::optional<idle_connections::stay> kept_waiting;
    if (writing.value() == nullptr) kept_waiting.emplace(context_.idle, connection_, core::clock::now());
    const auto end = co_await std::move(writing);
    response_started_ = end != relay_end::done;
    co_return reason_of_reply(end);
}

core::task<bool> exchange::drain_request_body() {
    if (const auto piece = request_body_->decode(early_body_); piece && request_body_->is_done()) {
        memory_.overflow.assign(piece->rest.data(), piece->rest.size());
    }
    early_body_ = {};
    const auto until = core::deadline_after(core::clock::now(), patience());
    net::buffer_pool::block block;
    while (!request_body_->is_done()) {
        if (!block) block = context_.blocks.take();
        const auto room = std::min<std::uint64_t>(block.size(), request_body_->wanted());
        const auto got = downstream_.try_read(block.span().first(static_cast<std::size_t>(room)));
        if (got.would_block()) {
            block.release();
            const auto status = co_await downstream_.readable(until);
            if (status != net::wait_status::ready) co_return false;
            continue;
        }
        if (!got.ok()) co_return false;
        (void)request_body_->decode(block.span().first(got.bytes));
        downstream_.expect_more();
    }
    co_return true;
}

}  // namespace gate::proxy
