// The request on its way to the upstream: lease, send, retry.
#include <gate/proxy/exchange.hpp>

#include <cstring>

namespace gate::proxy {

using core::reason;
using preference = net::connection_pool::preference;

namespace {

// Enough for an upstream head that is sent together with the beginning of a body: a string that grows leaves
// what it held in memory that is not wiped.
constexpr std::size_t room_for_our_lines = 2048 + relay::copied_together;

// RFC 9110 9.2.2.
bool is_idempotent(http::method verb) noexcept {
    switch (verb) {
        case http::method::get:
        case http::method::head:
        case http::method::options:
        case http::method::put:
        case http::method::delete_: return true;
        default: return false;
    }
}

// What we have ended ourselves has not failed, and what the upstream does not take may have its answer.
bool has_failed(relay_end upload) noexcept {
    switch (upload) {
        case relay_end::done:
        case relay_end::sink_failed:
        case relay_end::source_cut:
        case relay_end::cancelled: return false;
        default: return true;
    }
}

}  // namespace

core::task<reason> exchange::forward() {
    watch_client();
    return attempt(preference::any);
}

core::task<reason> exchange::retry() {
    context_.metrics.retries.add();
    lease_.drop();
    downstream_.stop_watching();
    watch_client();
    return attempt(preference::fresh);
}

// Nothing of the exchange goes on at the upstream from here on.
void exchange::part_from_upstream() {
    if (record_.upstream_started == core::time_point{}) return;
    downstream_.stop_watching();
    lease_.drop();
    download_.reset();  // and its memory
    if (record_.upstream_ended == core::time_point{}) record_.upstream_ended = core::clock::now();
}

// Rule 25: what has been sent with a token is not left in memory that other requests use.
void exchange::forget_upstream_head() noexcept {
    for (auto* head : {&context_.scratch.head, &memory_.upstream_head, &memory_.unsent})
        ::explicit_bzero(head->data(), head->size());
}

// Rule 23: once, on a fresh connection, because a kept one failed before any byte of the response; and only
// if no byte of the request had been written, or nothing can come of its being read twice.
bool exchange::may_retry(reason why) const noexcept {
    const bool lost = why == reason::upstream_reset && lease_ && lease_.is_reused() && !response_bytes_;
    if (!lost || is_halted()) return false;
    const bool has_body = http::has_body(asked().framing);
    return !has_body && (request_bytes_written_ == 0 || is_idempotent(asked().head.verb));
}

core::task<reason> exchange::attempt(preference which) {
    record_.upstream_started = core::clock::now();
    response_due_from_ = record_.upstream_started;
    request_is_sent_ = false;
    party_.be(access_.made().who, forwarded_client_ ? *forwarded_client_ : client_.address);
    if (which == preference::any) lease_ = local_->upstream->lease_idle(party_.counted());
    return lease_ ? send() : send_on_new_connection(which);
}

core::task<reason> exchange::send_on_new_connection(preference which) {
    auto leased = co_await local_->upstream->lease_connection(which, party_.counted());
    if (!leased) co_return reason_of_no_connection(core::reason_of(leased.error()));
    lease_ = std::move(*leased);
    response_due_from_ = core::clock::now();
    co_return co_await send();
}

core::task<reason> exchange::send() {
    if (is_halted()) return halted_;
    if (access_.is_outdated()) return send_if_confirmed();
    const bool without_body = request_body_->is_done();
    auto& head = without_body ? context_.scratch.head : memory_.upstream_head;
    if (passes_authorization()) head.reserve(2 * asked().head.size + room_for_our_lines);
    build_upstream_head(head);
    return without_body ? send_without_body(head) : send_while_receiving(head);
}

// It may have waited: for Gate, or for a connection to be free.
core::task<reason> exchange::send_if_confirmed() {
    co_await access_.confirm(asker());
    if (is_halted()) co_return halted_;
    const auto& decision = access_.made();
    if (decision.what != auth::verdict::allow) {
        context_.metrics.count_decision(decision.why);
        co_return decision.why;
    }
    co_return co_await send();
}

// An upstream that is not there any more while we are leaving is no fault of its own.
reason exchange::reason_of_no_connection(reason why) const noexcept {
    const bool absent = why == reason::upstream_refused || why == reason::upstream_unreachable;
    return context_.draining && absent ? reason::draining : why;
}

core::task<reason> exchange::send_without_body(std::string_view head) {
    const auto put = lease_->try_write(head);
    request_bytes_written_ = put.bytes;
    if (put.bytes == head.size()) {
        request_is_sent_ = true;
        if (passes_authorization()) forget_upstream_head();
    } else if (put.error != 0 && !put.would_block()) {
        expect_early_answer();
    } else {
        memory_.unsent.assign(head.substr(put.bytes));
        return send_while_receiving(memory_.unsent);
    }
    return receive();
}

// Both directions run simultaneously: the upstream may answer before the body has ended, ask for it (100), or
// stream both ways.
core::task<reason> exchange::send_while_receiving(std::string& head) {
    pump_.close();
    pump_runs_ = true;
    stopping_ = false;
    downstream_.stop_watching();  // the pump reads, and sees the client go
    core::spawn(pump_request(head));
    auto why = reason::none;
    std::exception_ptr error;
    try {
        why = co_await receive();
    } catch (...) {
        error = std::current_exception();  // the pump has to end before this object does
    }
    co_await stop_pump();
    if (error) std::rethrow_exception(error);
    const bool upload_matters = upload_failure_ != reason::none && !response_started_;
    co_return upload_matters ? upload_failure_ : why;
}

core::task<> exchange::pump_request(std::string& head) {
    ++request_bytes_written_;
    relay pump({context_.blocks, patience(), patience(), &stopping_}, downstream_, *request_body_, *lease_,
               body_encoder(asked().framing.kind), head, options_.limits.head_size);
    if (asked().features.expects_continue && early_body_.empty()) pump.let_source_wait();
    pump.hold_source_to(due_pace());  // whatever the client calls it: HTTP/1.1 carries no gRPC
    upload_ = &pump;
    auto end = relay_end::cancelled;
    try {
        end = co_await pump.run(early_body_);
    } catch (const std::exception&) {
        upload_failure_ = reason::internal_error;
        lease_->cut();
    }
    upload_ = nullptr;
    response_due_from_ = core::clock::now();
    record_.request_body_bytes = pump.body_bytes();
    // Whatever became of the body: what lies behind it belongs to the next request.
    if (request_body_->is_done()) memory_.overflow.assign(pump.rest().data(), pump.rest().size());
    if (!pump.rest().empty()) ::explicit_bzero(pump.rest().data(), pump.rest().size());
    request_is_sent_ = end == relay_end::done;
    if (has_failed(end)) {
        upload_failure_ = reason_of_upload(end);
        keep_ = false;
        lease_->cut();  // an unfinished request: wakes the receiving side, which ends the exchange
    }
    pump_runs_ = false;
    if (!stopping_ && end != relay_end::source_failed && !is_halted()) watch_client();
    if (end == relay_end::sink_failed) expect_early_answer();
    lease_->interrupt_reading(net::wait_status::ready);  // from now on the response is due
    pump_.open();
}

// The request cannot be sent to its end. The upstream may have answered before it left, and if it has not
// left, it learns that nothing more comes.
void exchange::expect_early_answer() noexcept {
    lease_->shutdown_send();
    lease_->expect_more();
}

core::task<> exchange::stop_pump() {
    if (pump_runs_) {
        stopping_ = true;
        lease_->cut();
        downstream_.interrupt_reading(net::wait_status::cancelled);
    }
    co_await pump_;
    early_body_ = {};
}

reason exchange::reason_of_upload(relay_end end) noexcept {
    switch (end) {
        case relay_end::done: return reason::none;
        case relay_end::source_malformed: return reason::bad_chunk;
        case relay_end::source_timed_out: return reason::body_timeout;
        case relay_end::source_too_slow: return reason::body_too_slow;
        case relay_end::source_ended:
        case relay_end::source_failed:
        case relay_end::cancelled: return reason::client_gone;
        case relay_end::source_cut: break;  // no failure
        case relay_end::sink_failed: return reason::upstream_reset;
        case relay_end::sink_timed_out:
        case relay_end::sink_too_slow: return reason::upstream_timeout;
    }
    return reason::internal_error;
}

// A client that is gone cancels what runs for it; one that has only ended its side still gets its answer.
void exchange::watch_client() {
    downstream_.watch(&exchange::on_client_event, this);
}

void exchange::on_client_event(void* self, net::wait_status) {
    auto& one = *static_cast<exchange*>(self);
    const auto seen = one.downstream_.peek();
    one.client_has_ended_ = seen.ended;
    if (seen.gone || one.has_left_event_stream()) {
        one.leave();
    } else if (!seen.has_data || net::readiness::reports_edges) {
        one.watch_client();  // the next request, the end of the client's side, or an event of before
    }
}

// Nobody reads events without being able to ask for them again: to end one's side is to leave.
bool exchange::has_left_event_stream() const noexcept {
    return client_has_ended_ && sends_events_;
}

void exchange::leave() noexcept {
    cut(reason::client_gone);
}

void exchange::cut(reason why) noexcept {
    if (!is_halted()) halted_ = why;
    if (lease_) lease_->cut();
}

// Only while it lasts: what has been delivered is not taken back.
void exchange::look_at_token(core::time_point now, bool at_once) {
    if (!record_.is_at_upstream() || !access_.has_token() || is_halted()) return;
    if (!watch_) watch_.emplace(now, access_.made().fresh_until);
    if (!at_once && !watch_->is_due(now)) return;
    const auto why = watch_->take(access_.renew(now), now, token_watch::limits_of(options_));
    if (why != reason::none) withdraw(why);
}

void exchange::look_at_revocation(core::time_point now) {
    if (!record_.is_at_upstream() || !access_.has_token() || is_halted()) return;
    if (access_.is_revoked(now)) withdraw(reason::token_revoked);
}

// Only while it lasts, as with its token.
bool exchange::look_at_policy() {
    const bool is_stream = tunnel_ != nullptr || sends_events_;
    if (!is_stream || !record_.is_at_upstream() || is_halted() || !is_refused_now()) return false;
    withdraw(reason::token_missing);
    return true;
}

// Whether the configuration of now would refuse it. Who has not shown a token that Gate vouches for counts as
// one without a token.
bool exchange::is_refused_now() const {
    const auto& now = *context_.current->shared;
    if (now.generation == snapshot_.generation || has_shown_token()) return false;
    const bool is_rerouted = asked().head.has(http::field_id::rerouting_passed);
    return now.policy.requirement_for(asked().target.path, is_rerouted) == auth::requirement::required;
}

// Rule 29: nothing goes on from here, not even what waits to be written. A response that has begun is cut;
// else the client is told.
void exchange::withdraw(reason why) {
    if (tunnel_ != nullptr) {
        halted_ = why;
        tunnel_->stop(close_code::policy_violation);
        return;
    }
    cut(why);
    if (download_) {
        downstream_.cut();
    } else {
        downstream_.interrupt_writing(net::wait_status::cancelled);  // an interim response
    }
}

}  // namespace gate::proxy
