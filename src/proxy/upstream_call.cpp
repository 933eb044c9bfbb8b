// The request on its way to the upstream: lease, send, retry, and the ways in which it ends early.
#include <gate/protocol/http1_reuse.hpp>
#include <gate/proxy/upstream_call.hpp>
#include <gate/proxy/upstream_head.hpp>

namespace gate::proxy {

using core::reason;
using protocol::body_piece;
using protocol::sent;

namespace {

// Enough for an upstream head that is sent together with the beginning of a body: a string that grows leaves
// what it held in memory that nobody wipes.
constexpr std::size_t room_for_our_lines = 2048 + protocol::http1_writer::copied_together;

// An upload that we have ended has not failed. When the upstream does not take the body, its answer is still
// read.
bool has_failed(relay_end upload) noexcept {
    switch (upload) {
        case relay_end::done:
        case relay_end::sink_failed:
        case relay_end::source_cut:
        case relay_end::cancelled: return false;
        default: return true;
    }
}

reason reason_of_upload(relay_end end) noexcept {
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

}  // namespace

core::task<reason> upstream_call::run(core::time_point now, const echo* instead) {
    settings_ = &by().settings_for(access_.chosen());
    is_echoed_ = instead != nullptr;
    leads_to_ = is_echoed_ ? &instead->way() : &local_.upstreams[settings_->upstream];
    record_.upstream = settings_->upstream_label;
    if (!is_echoed_) record_.upstream_url = &by().upstreams[settings_->upstream].target;
    watch_client();
    return attempt(preference::any, now);
}

core::task<reason> upstream_call::retry() {
    resources_.metrics.retries.add();
    record_.was_sent_again = true;
    place_ = nullptr;
    inbound_.stop_watching();
    watch_client();
    return attempt(preference::fresh, core::clock::now());
}

void upstream_call::part() noexcept {
    if (!record_.used_upstream()) return;
    inbound_.stop_watching();
    place_ = nullptr;
    if (record_.upstream_ended == core::time_point{}) record_.upstream_ended = core::clock::now();
}

// Rule 23: once, on a fresh connection, because a kept one failed before any byte of the response; and only
// if no byte of the request had been written, or nothing can come of its being read twice.
bool upstream_call::may_retry(reason why) const noexcept {
    const bool lost = why == reason::upstream_reset && place_ && place_->is_reused() && !place_->any_byte();
    if (!lost || is_halted()) return false;
    const bool has_body = http::has_body(asked_.framing);
    return !has_body && (!place_->has_sent_any() || http::is_idempotent(asked_.head.verb));
}

core::task<reason> upstream_call::attempt(preference which, core::time_point now) {
    record_.upstream_started = now;
    response_due_from_ = record_.upstream_started;
    party_.be(access_.made().identity, asker_.address(), *upstream().sharing);
    if (which == preference::any) place_ = upstream().places->lease_idle(party_.counted());
    return place_ ? send() : send_on_new_place(which);
}

core::task<reason> upstream_call::send_on_new_place(preference which) {
    inbound_.keep_early_body();
    auto leased = co_await upstream().places->lease(which, party_.counted());
    if (!leased) co_return reason_of_no_place(core::reason_of(leased.error()));
    place_ = std::move(*leased);
    response_due_from_ = core::clock::now();
    co_return co_await send();
}

// While we shut down, the upstream may be gone already: that is not its failure.
reason upstream_call::reason_of_no_place(reason why) const noexcept {
    const bool absent = why == reason::upstream_refused || why == reason::upstream_unreachable;
    return resources_.draining && absent ? reason::draining : why;
}

core::task<reason> upstream_call::send() {
    if (is_halted()) return halted_;
    if (access_.is_outdated()) return send_if_confirmed();
    if (!http::has_body(asked_.framing)) return send_without_body();
    auto& pump = prepare_pump();
    if (asked_.features.expects_continue && !inbound_.has_early_body()) pump.let_source_wait();
    pump.hold_source_to(settings_->client_pace);  // whatever the client calls it: HTTP/1.1 carries no gRPC
    const auto first = inbound_.received();
    if (first.outcome == body_piece::state::malformed) {
        inbound_.give_up_body();
        return reason::bad_chunk;
    }
    const auto put = send_head(pump.outgoing_of(first));
    if (!first.is_last || put.outcome != sent::state::done) return send_while_receiving(first, put);
    record_.request_body_bytes = pump.body_bytes();
    inbound_.release();
    return receive();
}

// The request may have waited, for Gate or for a free connection.
core::task<reason> upstream_call::send_if_confirmed() {
    inbound_.keep_early_body();
    co_await access_.confirm(asker());
    response_due_from_ = core::clock::now();
    if (is_halted()) co_return halted_;
    if (!access_.passes()) {
        resources_.metrics.count_decision(access_.made().reason, record_.labels);
        co_return access_.made().reason;
    }
    co_return co_await send();
}

sent upstream_call::send_head(const protocol::outgoing& first) {
    const auto lent = resources_.scratch.head.lend();
    auto& head = *lent;
    const bool is_secret = asked_.head.has(http::field_id::authorization) && !access_.drops_authorization();
    if (is_secret) head.reserve(2 * asked_.head.size + room_for_our_lines);
    build_upstream_head(asked_, access_, asker_, record_, options().forwarded, head);
    if (is_echoed_) head.insert(head.size() - 2, removed_line(asked_.head));
    const auto put = place_->try_send_head({.text = head,
                                            .verb = asked_.head.verb,
                                            .framing = asked_.framing,
                                            .is_secret = is_secret,
                                            .names_a_user = is_secret && protocol::names_a_user(asked_.head)},
                                           first);
    record_.request_sent = core::clock::now();
    return put;
}

core::task<reason> upstream_call::send_without_body() {
    const auto put = send_head({.is_last = true});
    if (put.outcome == sent::state::blocked) {
        prepare_pump();
        return send_while_receiving({.is_last = true}, put);
    }
    if (put.outcome == sent::state::failed) place_->stop_sending();
    return receive();
}

relay& upstream_call::prepare_pump() {
    return upload_.emplace(relay_setting{resources_.executor, patience(), patience(), &stopping_}, inbound_,
                           *place_);
}

// Both directions simultaneously: the upstream may answer before the body has ended, ask for it (100), or
// stream both ways.
core::task<reason> upstream_call::send_while_receiving(body_piece first, sent put) {
    pump_.close();
    pump_runs_ = true;
    stopping_ = false;
    inbound_.stop_watching();  // the pump reads, and sees the client go
    core::spawn(pump_request(first, put));
    auto why = reason::none;
    std::exception_ptr error;
    try {
        why = co_await receive();
    } catch (...) {
        error = std::current_exception();  // the pump has to end before this object does
    }
    co_await stop_pump();
    if (error) std::rethrow_exception(error);
    const bool upload_matters = upload_failure_ != reason::none && !inbound_.has_begun();
    co_return upload_matters ? upload_failure_ : why;
}

core::task<> upstream_call::pump_request(body_piece first, sent put) {
    auto end = relay_end::cancelled;
    try {
        end = co_await upload_->run(first, put);
    } catch (const std::exception&) {
        upload_failure_ = reason::internal_error;
        inbound_.give_up_body();
        place_->cancel();
    }
    inbound_.release();
    response_due_from_ = core::clock::now();
    record_.request_body_bytes = upload_->body_bytes();
    if (has_failed(end)) {
        upload_failure_ = reason_of_upload(end);
        inbound_.give_up_body();
        place_->cancel();  // an unfinished request: wakes the receiving side, which ends the exchange
    }
    pump_runs_ = false;
    if (!stopping_ && end != relay_end::source_failed && !is_halted()) watch_client();
    if (end == relay_end::sink_failed) place_->stop_sending();
    place_->interrupt_reading(net::wait_status::ready);  // from now on the response is due
    pump_.open();
}

core::task<> upstream_call::stop_pump() {
    if (pump_runs_) {
        stopping_ = true;
        place_->cancel();
        inbound_.interrupt_reading(net::wait_status::cancelled);
    }
    co_await pump_;
}

// When the client is gone, its upstream call is cancelled; a client that has only ended its side still gets
// its answer.
void upstream_call::watch_client() {
    inbound_.on_departure(&upstream_call::on_departure, this);
}

bool upstream_call::on_departure(void* self, protocol::inbound::departure seen) {
    auto& one = *static_cast<upstream_call*>(self);
    one.client_has_ended_ = seen.has_ended;
    if (!seen.is_gone && !one.has_left_event_stream()) return true;
    one.cut(reason::client_gone);
    return false;
}

void upstream_call::cut(reason why) noexcept {
    if (!is_halted()) halted_ = why;
    if (place_) place_->cancel();
}

// Rule 29: nothing is sent from here on, not even bytes that wait to be written. A response that has begun is
// cut; otherwise the client receives the reason.
void upstream_call::withdraw(reason why) {
    if (tunnel_ != nullptr) {
        halted_ = why;
        tunnel_->stop(close_code::policy_violation);
        return;
    }
    cut(why);
    inbound_.stop_sending();
}

void upstream_call::drain() {
    if (tunnel_ != nullptr) tunnel_->end(close_code::going_away);
}

reason upstream_call::refusal_of_now() {
    const auto& now = *resources_.current->shared;
    if (now.generation == by().generation) return reason::none;
    const auto decided = now.policy.decide(asked_, resources_.policy);
    if (decided.in_shadow) return reason::none;
    if (access_.is_allowed()) access_.leave_shadow();
    if (decided.has_too_many_readings || decided.needs == auth::route_access::deny)
        return reason::path_denied;
    const bool is_vouched_for = access_.has_token() && access_.is_allowed();
    const bool needs_token = decided.needs == auth::route_access::required;
    return needs_token && !is_vouched_for ? reason::token_missing : reason::none;
}

}  // namespace gate::proxy
