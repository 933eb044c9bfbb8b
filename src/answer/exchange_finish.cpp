// The end of a question: what the other proxy is told, and what is written down.
#include <gate/answer/exchange.hpp>
#include <gate/answer/removed_fields.hpp>
#include <gate/auth/access_line.hpp>
#include <gate/http/accept.hpp>
#include <gate/http/forwarded_origin.hpp>
#include <gate/http/traceparent.hpp>

#include <array>
#include <span>

namespace gate::answer {

using core::reason;
using core::verdict;
using http::field_id;

core::task<> exchange::finish(reason why) {
    // A request that is not acceptable was not refused by a decision.
    const bool is_decision = why == decided_ && core::verdict_of(why).has_value();
    if (why != reason::none && !is_decision) failure_ = why;
    if (why == reason::client_gone || cut_ != reason::none) {
        failure_ = cut_ != reason::none ? cut_ : why;
        inbound_.reset(failure_);
        co_return;
    }
    const auto what = why != reason::none ? refusal(why) : document_ != nullptr ? document() : allowance();
    // A question that was understood is followed by the next one, whatever the answer is.
    const bool closes = !is_understood_ || why == reason::internal_error;
    co_await send(what, closes);
}

// Passes: who the token stands for, and what must not go further.
http::reply exchange::allowance() {
    auto& lines = resources_.lines;
    lines.clear();
    std::array<std::string_view, 2> set;
    std::size_t count = 0;
    const auto& identity = access_.made().identity;
    const bool is_known = access_.is_allowed() && !identity.account_id().empty();
    if (is_known) {
        set.at(count++) = by_->options.auth.header_name;
        lines.append(identity.header_line());
        if (const auto line = access_.verification_line(); !line.empty()) {
            set.at(count++) = "X-Gate-Verification";
            lines.append(line);
        }
    }
    const auto begin = lines.size();
    lines.append("x-envoy-auth-headers-to-remove: ");
    const auto names = lines.size();
    const bool has_token = shows_agent_token_;
    append_removed_fields(asked_.head,
                          {.authorization = has_token && access_.drops_authorization(),
                           .set = std::span(set).first(count),
                           .ours = is_known ? std::span<const std::string_view>() : by_->own_names},
                          lines);
    if (lines.size() == names) {
        lines.resize(begin);
    } else {
        lines.append("\r\n");
    }
    return {.status = 200, .reason = reason::none, .lines = lines, .is_empty = true};
}

// Of ours, which everybody may read.
http::reply exchange::document() const noexcept {
    return {.status = 200, .reason = reason::none, .page = document_};
}

http::reply exchange::refusal(reason why) const {
    const auto& told = core::failure_of(why);
    const auto said = static_cast<int>(access_.made().retry_after.count());
    const bool is_unavailable = core::verdict_of(why) == verdict::unavailable;
    return {.status = is_unavailable ? static_cast<int>(by_->options.answer.unavailable) : told.status,
            .reason = why,
            .form = http::prefers_problem(asked_.head) ? http::body_form::problem : http::body_form::error,
            .retry_after = told.retry_after > 0 && said > 0 ? said : told.retry_after};
}

core::task<> exchange::send(http::reply what, bool closes) {
    if (own_id_.text[0] == '\0') own_id_ = resources_.ids.next();
    what.texts = &by_->errors;
    what.request_id = own_id_.view();
    what.x_request_id = request_id();
    what.date = resources_.date.at(core::wall_clock::now());
    status_ = what.status;
    inbound_.discard_unknown_body();  // what the other proxy's client sends is no reason to connect anew
    auto put = inbound_.try_send_reply(what, closes);
    auto until = core::never;
    while (put.outcome == protocol::sent::state::blocked) {
        if (until == core::never)
            until = core::deadline_after(core::clock::now(), by_->options.limits.body_timeout);
        const auto status = co_await inbound_.writable(until);
        if (status != net::wait_status::ready) break;
        put = inbound_.flush();
    }
    if (put.outcome == protocol::sent::state::done) co_return;
    const bool too_slow = put.outcome == protocol::sent::state::blocked && core::clock::now() >= until;
    failure_ = cut_ != reason::none ? cut_ : too_slow ? reason::client_too_slow : reason::client_gone;
    inbound_.reset(failure_);  // a part of it may have gone out
}

std::string_view exchange::request_id() const noexcept {
    return asked_.request_id.empty() ? own_id_.view() : asked_.request_id;
}

telemetry::request_labels exchange::labels() const noexcept {
    const auto* const chosen = access_.chosen();
    const auto route =
        chosen == nullptr
            ? telemetry::unnamed
            : by_->route_labels[static_cast<std::size_t>(chosen - by_->policy.routes().routes().data())];
    return {.route = route, .listener = peer_.by->listener};
}

void exchange::account() noexcept {
    auto& metrics = resources_.metrics;
    const bool has_original = !original_.method_name.empty();
    const auto method = has_original ? original_.method_name : asked_.head.method_name;
    if (failure_ != reason::none) metrics.count_failure(failure_);
    const bool is_kept = trace_.text[0] != '\0' && http::is_sampled(trace_.view());
    metrics.count_request(telemetry::method_of(method), static_cast<unsigned>(status_), ended_ - started_,
                          labels(),
                          {is_kept ? http::trace_id_of(trace_.view()) : std::string_view(), ended_});
    metrics.received_bytes.add(asked_.head.size);
    metrics.sent_bytes.add(inbound_.head_bytes() + inbound_.reply_bytes());
    try {
        const bool is_shown = resources_.log.shows_refusals() && !is_plainly_allowed();
        if (resources_.log.is_on() || is_shown || is_traced_) write_down();
    } catch (const std::exception&) {  // want of memory: one line is lost
        surprise_ = std::current_exception();
    }
    resources_.log.note_end(ended_);
}

// A route may keep what succeeds out of the log.
bool exchange::is_logged() const noexcept {
    const auto* const chosen = access_.chosen();
    return chosen == nullptr || chosen->log || status_ == 0 || status_ >= 400 || failure_ != reason::none;
}

bool exchange::is_plainly_allowed() const noexcept {
    return failure_ == reason::none && access_.is_allowed() && access_.refusal_on_trial() == reason::none;
}

// Into the log, and as spans.
void exchange::write_down() {
    const bool has_original = !original_.method_name.empty();
    telemetry::access_record line;
    line.time = core::wall_clock::now();
    line.mode = "answer";
    line.method = has_original ? original_.method_name : asked_.head.method_name;
    line.path = has_original ? original_.target.path : asked_.target.path;
    line.host = has_original ? original_.host : asked_.host;
    line.client_address = client_ ? client_->address : std::string_view(peer_.address_text);
    line.socket = peer_.by->socket;
    if (peer_.socket.is_unix) line.client_user = peer_.socket.uid;
    if (const auto* agent = asked_.head.find(field_id::user_agent)) line.user_agent = agent->value;
    line.tls = peer_.shown_tls();
    auth::put_ids({trace_, own_id_, request_id(), status_}, asked_, line);
    auth::fingerprint_text fingerprint;
    auth::put_decision(access_, resources_.authenticator, fingerprint, line);
    line.decision = decided_;
    line.failure = failure_;
    line.status = status_ != 0 ? static_cast<unsigned>(status_) : core::unheard_status;
    line.protocol_minor = asked_.head.minor;
    line.took.whole = ended_ - started_;
    const bool is_taken = resources_.log.is_on() || resources_.log.shows_refusals();
    const bool is_shown = is_taken && resources_.log.append(line, ended_, is_logged());
    if (is_traced_) export_spans(line, is_shown);
}

void exchange::export_spans(const telemetry::access_record& line, bool is_shown) {
    telemetry::span_record out{.line = line, .flags = http::trace_flags_of(trace_.view())};
    out.names_caller = is_shown;
    if (!original_.method_name.empty()) out.scheme = http::forwarded_scheme(asked_.head, out.scheme);
    http::traceparent of_gate{};
    if (access_.gate_time()) {
        of_gate = resources_.ids.continued(trace_.view());
        out.gate_began = access_.gate_asked() - started_;
        out.gate_span_id = http::span_id_of(of_gate.view());
        out.gate_status = access_.made().gate_status;
    }
    resources_.spans->add(out);
}

}  // namespace gate::answer
