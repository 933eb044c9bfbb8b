// The end of an exchange: what the client is told when it failed, what becomes of the connection, what is
// recorded.
#include <gate/http/traceparent.hpp>
#include <gate/proxy/exchange.hpp>
#include <gate/proxy/failure_reply.hpp>

#include <algorithm>

namespace gate::proxy {

using core::reason;
using http::field_id;

namespace {

// How long a line may wait for others to be written with.
constexpr core::duration log_interval{100};

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
        ended_ = upstream_ended_;
        return afterwards::keep;
    }
    return finish_otherwise(why);
}

core::task<afterwards> exchange::finish_otherwise(reason why) {
    if (why != reason::none) {
        if (access_.is_allowed() || why != access_.made().why) failure_ = why;
        if (upgraded_) co_return afterwards::close;  // it has been told in its own way
        if (response_started_ || why == reason::client_too_slow) co_return afterwards::abort;
        if (why == reason::client_gone) co_return afterwards::close;
        const bool told = co_await refuse(why);  // g++ 12 lays the frame out wrongly without this variable
        if (!told) co_return afterwards::abort;  // a part of it may have gone out
    }
    if (upgraded_) co_return afterwards::close;
    if (keep_) co_return is_body_read() ? afterwards::keep : afterwards::drain;
    const bool unread = !is_body_read() || downstream_.may_have_more();
    if (why != reason::none || unread) co_return afterwards::linger;
    co_return afterwards::close;
}

// Tells the client what failure_of names; false when it does not take it.
core::task<bool> exchange::refuse(reason why) {
    const auto what = failure_of(why);
    const auto said = static_cast<int>(access_.made().retry_after.count());
    keep_ = !what.closes && may_keep_client();
    const http::reply reply{.status = what.status,
                            .why = why,
                            .retryable = what.retryable,
                            .retry_after = what.retry_after > 0 && said > 0 ? said : what.retry_after,
                            .challenge = what.challenge,
                            .invalid_token = what.invalid_token,
                            .header_name = what.field_name};
    const bool told = co_await send_reply(reply);
    co_return told;
}

// RFC 9110 7.6.2: the request may go no further, so the answer is ours.
core::task<reason> exchange::answer_as_last() {
    keep_ = may_keep_client();
    const http::reply reply{.status = 204};
    const bool told = co_await send_reply(reply);
    co_return told ? reason::none : reason::client_gone;
}

// Sends a response of our own, of which `what` says all but what every one of them has.
core::task<bool> exchange::send_reply(http::reply what) {
    if (!has_own_id()) own_id_ = context_.ids.next();
    what.request_id = own_id_.view();
    what.x_request_id = request_id_;
    what.date = context_.date.at(core::wall_clock::now());
    what.head_request = asked().head.verb == http::method::head;
    what.close = !keep_;
    what.keep_alive_10 = keep_ && asked().head.minor == 0;
    status_ = what.status;
    auto& out = memory_.downstream_head;
    out.clear();
    http::append_reply(what, out);
    response_head_bytes_ = out.size();
    gather data;
    data.add(out);
    const auto end = co_await write_all(downstream_, data, patience());
    response_started_ = end != relay_end::done;
    co_return end == relay_end::done;
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

void exchange::account() {
    if (ended_ == core::time_point{}) ended_ = core::clock::now();
    auto& metrics = context_.metrics;
    if (failure_ != reason::none) metrics.count_failure(failure_);
    metrics.count_request(telemetry::method_of(asked().head.method_name), static_cast<unsigned>(status_),
                          ended_ - started_);
    if (upstream_started_ != core::time_point{}) {
        metrics.count_client_request(telemetry::peer::upstream, upstream_ended_ - upstream_started_);
    }
    metrics.received_bytes.add(asked().head.size + request_body_bytes_);
    metrics.sent_bytes.add(response_head_bytes_ + response_body_bytes_);
    if (context_.log != nullptr) log_request();
    if (context_.trim_due.when() == core::never) context_.trim_due.set(ended_ + trim_interval);
}

void exchange::log_request() {
    const auto& head = asked().head;
    const auto& decision = access_.made();
    telemetry::access_record line;
    line.time = core::wall_clock::now();
    line.method = head.method_name;
    line.path = asked().target.path;
    line.host = asked().host;
    line.client_address = client_text_.empty() ? std::string_view(client_.address_text) : client_text_;
    if (const auto* agent = head.find(field_id::user_agent)) line.user_agent = agent->value;
    if (has_trace()) {
        line.trace_id = http::trace_id_of(trace_.view());
        line.span_id = http::span_id_of(trace_.view());
    }
    if (!asked().parent_trace.empty()) line.parent_span_id = http::span_id_of(asked().parent_trace);
    line.request_id = request_id_.empty() ? own_id_.view() : request_id_;
    if (status_ >= 400 && has_own_id() && own_id_.view() != line.request_id) line.error_id = own_id_.view();
    if (decision.cache != auth::cache_state::none) {
        line.cache = auth::to_string(decision.cache);
        line.age = decision.age;
    }
    line.account_id = decision.who.account_id();
    std::array<char, 12> fingerprint;
    if (access_.has_token()) {
        fingerprint = auth::fingerprint_of(access_.key());
        line.token_fingerprint = {fingerprint.data(), fingerprint.size()};
    }
    line.gate_request_id = decision.request_id;
    if (access_.has_token()) line.budget_left = context_.authenticator.budget_left();
    if (access_.is_made()) line.decision = decision.why;
    line.failure = failure_;
    line.status = status_ != 0 ? static_cast<unsigned>(status_) : 499;
    line.protocol_minor = head.minor;
    line.request_body = request_body_bytes_;
    line.response_body = response_body_bytes_;
    line.duration = ended_ - started_;
    if (upstream_started_ != core::time_point{}) line.upstream = upstream_ended_ - upstream_started_;
    line.gate = access_.gate_time().value_or(telemetry::access_record::absent);
    context_.log->append(line);
    if (context_.log_due.when() == core::never) context_.log_due.set(ended_ + log_interval);
}

}  // namespace gate::proxy
