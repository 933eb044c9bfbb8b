// The way of a question: what is asked, about what, by whom; then the decision.
#include <gate/answer/exchange.hpp>
#include <gate/answer/judged_request.hpp>
#include <gate/auth/lookup.hpp>
#include <gate/auth/trace_choice.hpp>
#include <gate/telemetry/active_request.hpp>

#include <utility>

namespace gate::answer {

using core::reason;
using http::field_id;

exchange::exchange(resources& of_worker, rules_pointer by, protocol::inbound& asking,
                   const protocol::peer& from, core::time_point started, core::time_point head_came)
    : resources_(of_worker),
      by_(std::move(by)),
      inbound_(asking),
      asked_(asking.asked()),
      peer_(from),
      started_(started),
      head_came_(head_came),
      access_(of_worker.authenticator, of_worker.hasher, by_->identity_begin, by_->patience) {}

namespace {

// Two fields that a proxy has joined look like one with a comma. Where one of them may be an agent token,
// what the upstream would make of the field is not known (rule 4).
bool is_joined(const http::request_head& head, auth::token_kind kind) noexcept {
    const auto* const field = head.find(field_id::authorization);
    return field != nullptr && auth::holds_agent_token(kind) && field->value.find(',') != field->value.npos;
}

}  // namespace

core::task<> exchange::run(reason head) {
    const telemetry::active_request counted(resources_.metrics.active_requests);
    is_understood_ = head == reason::none;
    reason why = head;
    try {
        if (why == reason::none) why = co_await handle();
    } catch (const std::exception&) {  // such as want of memory
        surprise_ = std::current_exception();
        why = reason::internal_error;
    }
    try {
        co_await finish(why);
    } catch (const std::exception&) {  // nothing more can be said: the peer sees a cut
        surprise_ = std::current_exception();
        failure_ = reason::internal_error;
        inbound_.reset(reason::internal_error);
    }
    ended_ = core::clock::now();
    account();
}

// reason::none: the answer is 200.
core::task<reason> exchange::handle() {
    choose_ids();
    if (const auto why = read_asked(); why != reason::none || document_ != nullptr) return why;
    const auto shown = auth::extract_bearer(asked_.head);
    if (!shown) return core::reason_of(shown.error());
    if (is_joined(asked_.head, shown->kind)) return reason::bad_authorization;
    shows_agent_token_ = auth::holds_agent_token(shown->kind);
    auto& judged = resources_.judged;
    make_judged(asked_, original_, by_->options.answer.original, judged);
    if (access_.decide(judged, *shown, by_->policy, resources_.policy, head_came_)) return conclude();
    return ask_gate();
}

// The asking proxy's ids where they are usable, else ours.
void exchange::choose_ids() {
    own_id_ = resources_.ids.next();
    is_traced_ = auth::choose_trace(resources_.ids, asked_.parent_trace, resources_.spans, trace_);
}

// Who asks, what, and about which request.
reason exchange::read_asked() {
    if (const auto why = peer_.refusal_of(asked_.host); why != reason::none) return why;
    if (!peer_.is_trusted_proxy) return reason::peer_not_trusted;
    question_ = read_question(asked_.target);
    if (question_.endpoint == question::other) return read_document();
    client_ = read_forwarded_client(asked_.head);
    if (!by_->knows_original()) {
        original_ = {asked_.head.method_name, asked_.head.verb, asked_.target, asked_.host};
        return reason::none;
    }
    const auto read = read_original(asked_, question_.behind, by_->options.answer.original, by_->limits);
    if (!read) return core::reason_of(read.error());
    original_ = *read;
    return reason::none;
}

// The other proxy leads its clients here for what agents are told.
reason exchange::read_document() {
    const auto* const found = by_->documents.document_for(asked_);
    if (found == nullptr) return reason::path_unknown;
    const auto route = by_->documents.decide(asked_, resources_.policy);
    if (!route.in_shadow && route.needs == auth::route_access::deny) return decide(reason::path_denied);
    document_ = found;
    return reason::none;
}

// The peer's own address is held to account for nothing: it stands for all of its clients.
core::task<reason> exchange::ask_gate() {
    std::optional<auth::client_id> from;
    if (client_) from = client_->id;
    inbound_.keep_early_body();
    co_await access_.verify(from);
    co_return conclude();
}

reason exchange::conclude() {
    const auto& decision = access_.made();
    auth::count_lookup(decision, resources_.metrics);
    if (!access_.passes()) return decide(decision.reason);
    decide(access_.told_reason());
    return question_.endpoint == question::refusal ? reason::decision_changed : reason::none;
}

// What the log and the metrics call the decision.
reason exchange::decide(reason why) {
    decided_ = why;
    resources_.metrics.count_decision(why, labels());
    return why;
}

void exchange::cut(reason why) noexcept {
    cut_ = why;
    inbound_.stop_sending();
}

}  // namespace gate::answer
