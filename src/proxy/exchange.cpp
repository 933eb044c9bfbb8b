// The spine of an exchange: decide, pass on, answer, account.
#include <gate/auth/lookup.hpp>
#include <gate/auth/trace_choice.hpp>
#include <gate/proxy/exchange.hpp>
#include <gate/telemetry/active_request.hpp>

namespace gate::proxy {

using core::reason;
using http::field_id;

exchange::exchange(session_resources& resources, const local_snapshot& by, protocol::inbound& inbound,
                   const proxy::peer& peer, core::time_point started, core::time_point head_came) noexcept
    : resources_(resources),
      local_(by),
      inbound_(inbound),
      asked_(inbound.asked()),
      asker_(peer),
      head_came_(head_came),
      decided_at_(head_came),
      access_(resources.authenticator, resources.hasher, by.shared->identity_begin,
              by.shared->options.gate.timeout),
      record_{.started = started,
              .head_came = head_came,
              .client_address = peer.address_text,
              .from = &peer,
              .labels = {.listener = peer.by->listener}},
      call_(resources, by, inbound, asker_, access_, record_) {}

core::task<> exchange::run(reason head) {
    const telemetry::active_request counted(resources_.metrics.active_requests);
    reason why = head;
    try {
        if (why == reason::none) why = co_await handle();
        while (call_.may_retry(why)) why = co_await call_.retry();  // once: a fresh one is not a reused one
    } catch (const std::exception&) {                               // such as want of memory
        surprise_ = std::current_exception();
        why = reason::internal_error;
    }
    call_.part();
    try {
        co_await finish(why);
    } catch (const std::exception&) {  // nothing more can be said: the client sees a cut
        surprise_ = std::current_exception();
        record_.failure = reason::internal_error;
        inbound_.reset(reason::internal_error);
    }
    if (record_.ended == core::time_point{}) record_.ended = core::clock::now();
    account(resources_, record_, asked_, access_);
}

core::task<reason> exchange::handle() {
    choose_ids();
    if (asker_.peer().is_trusted_proxy) {
        asker_.believe_forwarded_for(asked_.head, by().trusted);
        record_.client_address = asker_.address_text();
    }
    if (const auto why = asker_.peer().refusal_of(asked_.host); why != reason::none) return why;
    if (resources_.echo != nullptr && (*resources_.echo)->is_for(asked_.target.path)) return answer_by_echo();
    const auto shown = auth::extract_bearer(asked_.head);
    if (!shown) return core::reason_of(shown.error());
    const bool is_decided = access_.decide(asked_, *shown, by().policy, resources_.policy, head_came_);
    record_.labels.route = by().label_of(access_.chosen());
    return is_decided ? pass_on_if_allowed() : pass_on_if_verified();
}

// The client's ids where they are usable, else ours.
void exchange::choose_ids() {
    record_.request_id = asked_.request_id;
    if (record_.request_id.empty()) {
        record_.own_id = resources_.ids.next();
        record_.request_id = record_.own_id.view();
    }
    record_.is_traced =
        auth::choose_trace(resources_.ids, asked_.parent_trace, resources_.spans, record_.trace);
    if (record_.is_traced) record_.upstream_trace = resources_.ids.continued(record_.trace.view());
}

// Who answers for a token that Gate refuses is the client, or the one for whom a trusted proxy speaks.
core::task<reason> exchange::pass_on_if_verified() {
    inbound_.keep_early_body();
    co_await access_.verify(client_id_of(asker_.address()));
    decided_at_ = core::clock::now();
    co_return co_await pass_on_if_allowed();
}

core::task<reason> exchange::pass_on_if_allowed() {
    const auto& decision = access_.made();
    resources_.metrics.count_decision(access_.told_reason(), record_.labels);
    auth::count_lookup(decision, resources_.metrics);
    if (!access_.passes()) return decision.reason;
    if (decision.reason == reason::discovery) return answer_with(*by().policy.document_for(asked_));
    return pass_on();
}

// Its own policy decides, which the configuration neither loosens nor puts in shadow.
core::task<reason> exchange::answer_by_echo() {
    echo_ = *resources_.echo;
    const auto shown = auth::extract_bearer(asked_.head);
    if (!shown) return core::reason_of(shown.error());
    const auto path = asked_.target.path;
    access_.decide(asked_, echo_->shown_to(path, *shown), echo_->policy_for(path), resources_.policy,
                   head_came_);
    return pass_on_if_allowed();
}

core::task<reason> exchange::pass_on() {
    if (asked_.max_forwards == 0) return answer_as_last();
    if (asked_.head.has(field_id::identity))
        resources_.metrics.headers_stripped.add(asked_.head.count(field_id::identity));
    return call_.run(decided_at_, echo_.get());
}

// In shadow nothing is refused for its token; nor is what has passed only because it was in shadow.
bool exchange::is_held_to_token() const noexcept {
    const bool counts = access_.has_token() && access_.is_allowed() && !access_.in_shadow();
    return counts && record_.is_at_upstream() && !call_.is_halted();
}

// Only while it lasts: what has been delivered is not taken back.
void exchange::look_at_token(core::time_point now, bool at_once) {
    if (!is_held_to_token()) return;
    if (!watch_) watch_.emplace(now, access_.made().fresh_until);
    if (!at_once && !watch_->is_due(now)) return;
    const auto why = watch_->take(access_.renew(now), now, token_watch::limits_of(by().options));
    if (why != reason::none) call_.withdraw(why);
}

void exchange::look_at_revocation(core::time_point now) {
    if (!is_held_to_token()) return;
    if (call_.waits_for_place()) return;  // it is confirmed before anything is sent
    const auto withdrawn = access_.withdrawal(now);
    if (withdrawn != reason::none) call_.withdraw(withdrawn);
}

// Only while it lasts, as with its token.
bool exchange::look_at_policy() {
    const bool lasts = record_.is_at_upstream() && !call_.is_halted();
    const auto why = lasts ? call_.refusal_of_now() : reason::none;
    if (why == reason::none || !call_.is_stream()) return false;
    call_.withdraw(why);
    return true;
}

}  // namespace gate::proxy
