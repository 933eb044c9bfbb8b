// The spine of an exchange: read, decide, rewrite, forward, account.
#include <gate/http/rerouting.hpp>
#include <gate/http/rewrite.hpp>
#include <gate/http/target.hpp>
#include <gate/http/traceparent.hpp>
#include <gate/proxy/exchange.hpp>
#include <gate/proxy/failure_reply.hpp>

#include <algorithm>

namespace gate::proxy {

using core::reason;
using http::field_id;

exchange::exchange(context& where, exchange_memory& memory, net::stream& downstream, const client& who,
                   core::time_point started, core::time_point head_came, bool last) noexcept
    : context_(where),
      local_(where.current),
      snapshot_(*local_->shared),
      options_(snapshot_.options),
      memory_(memory),
      downstream_(downstream),
      client_(who),
      party_(where.sharing),
      started_(started),
      head_came_(head_came),
      last_(last) {}

namespace {

// Counts a request as active, whatever becomes of it.
class active_request {
public:
    explicit active_request(telemetry::gauge& count) noexcept : count_(count) { count_.add(); }
    ~active_request() { count_.sub(); }
    active_request(const active_request&) = delete;
    active_request& operator=(const active_request&) = delete;

private:
    telemetry::gauge& count_;
};

}  // namespace

core::task<afterwards> exchange::run(core::result<std::size_t> head_size) {
    const active_request counted(context_.metrics.active_requests);
    reason why = head_size ? reason::none : core::reason_of(head_size.error());
    try {
        if (why == reason::none) why = co_await handle(*head_size);
        while (may_retry(why)) why = co_await retry();  // once: a fresh connection is not a reused one
    } catch (const std::exception&) {
        why = note_surprise();
    }
    part_from_upstream();
    if (passes_authorization()) forget_upstream_head();
    const auto next = co_await finish(why);
    account();
    co_return next;
}

// Such as want of memory.
reason exchange::note_surprise() noexcept {
    surprise_ = std::current_exception();
    tunnel_ = nullptr;  // it has gone with its coroutine
    response_started_ = response_started_ || upgraded_ || (download_ && download_->has_written());
    upgraded_ = false;
    return reason::internal_error;
}

core::task<reason> exchange::handle(std::size_t head_size) {
    if (const auto read = read_request(head_size); !read) {
        context_.arrival.forget();
        return core::reason_of(read.error());
    }
    if (client_.is_trusted_proxy) believe_forwarded_for();
    const reason why = apply_policy();
    if (why != reason::none) return why;
    if (decision_.what != auth::verdict::allow) return pass_on_if_verified();
    return pass_on();
}

core::task<reason> exchange::pass_on() {
    const int forwards = http::max_forwards(memory_.request);
    if (forwards == 0) return answer_as_last();
    forwards_left_ = forwards - 1;
    if (memory_.request.has(field_id::identity))
        context_.metrics.headers_stripped.add(memory_.request.count(field_id::identity));
    return forward();
}

// Everything about the request that its head tells. Errors are those of the http layer.
core::result<void> exchange::read_request(std::size_t head_size) {
    auto& head = memory_.request;
    const std::string_view text(memory_.input.get(), head_size);
    if (auto parsed = http::parse_request_head(text, snapshot_.head_limits, snapshot_.identity, head);
        !parsed)
        return parsed;
    http::let_rerouting_pass(head, options_.forwarded.pass);
    memory_.may_hold_token = head.has(field_id::authorization);
    http::read_connection_options(head, memory_.request_connection);
    const auto target = http::read_target(head);
    if (!target) return target.error();
    memory_.target = *target;
    const auto host = http::read_host(head, *target);
    if (!host) return host.error();
    host_ = *host;
    if (memory_.request_connection.malformed) return reason::bad_field;
    const auto framing = http::request_framing(head);
    if (!framing) return framing.error();
    request_framing_ = *framing;
    request_body_.emplace(*framing, chunk_limits());
    early_body_ = {memory_.input.get() + head_size, memory_.filled - head_size};
    if (!context_.arrival.is_empty()) forget_arrival();
    if (request_body_->is_done()) early_body_ = {};
    memory_.used = request_body_->is_done() ? head_size : memory_.filled;
    client_persists_ = !last_ && http::is_persistent(head.minor, memory_.request_connection);
    choose_ids();
    const auto wishes = http::read_wishes(head, memory_.request_connection, request_framing_);
    if (!wishes) return wishes.error();
    wishes_ = *wishes;
    return {};
}

// Of a counted body that has not come to its end, all that came with the head is body.
void exchange::forget_arrival() noexcept {
    const bool is_all_body =
        request_framing_.kind == http::body_kind::counted && request_body_->wanted() >= early_body_.size();
    context_.arrival.forget(is_all_body ? memory_.filled - early_body_.size() : memory_.filled);
}

// Rule 7: from a trusted proxy, and only for logs and limits.
void exchange::believe_forwarded_for() {
    for (const auto& field : memory_.request.fields) {
        if (field.id != field_id::x_forwarded_for || field.value.empty()) continue;
        if (!forwarded_for_joined_.empty()) forwarded_for_joined_ += ", ";
        forwarded_for_joined_ += field.value;
    }
    forwarded_client_ = net::client_of(forwarded_for_joined_, client_.address, snapshot_.trusted);
    client_text_ = net::to_text(*forwarded_client_);
}

// The client's ids where they are usable, else ours.
void exchange::choose_ids() {
    const auto& head = memory_.request;
    const auto* id = head.count(field_id::x_request_id) == 1 ? head.find(field_id::x_request_id) : nullptr;
    if (id != nullptr && http::is_sane_request_id(id->value)) {
        request_id_ = id->value;
    } else {
        own_id_ = context_.ids.next();
        request_id_ = own_id_.view();
    }
    parent_trace_ = http::incoming_trace(head);
    trace_ = parent_trace_.empty() ? context_.ids.next_traceparent() : context_.ids.continued(parent_trace_);
}

// Decides as far as that needs nobody else. reason::none with decision_ not `allow`: Gate has to be asked.
reason exchange::apply_policy() {
    const auto bearer = auth::extract_bearer(memory_.request);
    if (!bearer) return core::reason_of(bearer.error());
    bearer_ = *bearer;
    const auto needs = snapshot_.policy.requirement_for(memory_.target.path,
                                                        memory_.request.has(field_id::rerouting_passed));
    const bool is_ours =
        bearer_.kind == auth::token_kind::agent || bearer_.kind == auth::token_kind::malformed;
    // Nobody has verified it, or will: it goes nowhere.
    drop_authorization_ = auth::holds_agent_token(bearer_.kind);
    if (needs == auth::requirement::none) {
        return accept(
            {.what = auth::verdict::allow, .why = reason::public_path, .who = {}, .request_id = {}});
    }
    if (!is_ours) {
        if (needs == auth::requirement::required)
            return accept(
                {.what = auth::verdict::deny, .why = reason::token_missing, .who = {}, .request_id = {}});
        return accept({.what = auth::verdict::allow, .why = reason::no_token, .who = {}, .request_id = {}});
    }
    if (bearer_.kind == auth::token_kind::malformed) {
        return accept(
            {.what = auth::verdict::deny, .why = reason::token_malformed, .who = {}, .request_id = {}});
    }
    drop_authorization_ = !options_.upstream.forward_token;
    token_key_ = context_.hasher.key_of(bearer_.token);
    seen_withdrawals_ = context_.authenticator.withdrawals();
    if (!context_.authenticator.find(*token_key_, head_came_, decision_)) return reason::none;
    if (decision_.refresh) context_.authenticator.refresh(bearer_.token, *token_key_);
    return take_decision();
}

core::task<auth::decision> exchange::verify_token() {
    const auto asked = core::clock::now();
    const auto from = client_id_of(forwarded_client_.value_or(client_.address));
    auto made = co_await context_.authenticator.verify(bearer_.token, *token_key_, from,
                                                       asked + options_.gate.timeout);
    gate_time_ = std::max(gate_time_, std::chrono::nanoseconds{0}) + (core::clock::now() - asked);
    made.who.put_under(snapshot_.identity_begin);
    co_return made;
}

core::task<reason> exchange::pass_on_if_verified() {
    auto made = co_await verify_token();
    const reason why = accept(std::move(made));
    if (why != reason::none) co_return why;
    co_return co_await pass_on();
}

reason exchange::accept(auth::decision&& made) {
    decision_ = std::move(made);
    return take_decision();
}

// Takes note of decision_; reason::none when the request may go on.
reason exchange::take_decision() {
    was_decided_ = true;
    if (decision_.cache == auth::cache_state::stale) note_staleness();
    context_.metrics.count_decision(decision_.why);
    if (decision_.cache != auth::cache_state::none) {
        context_.metrics.count_lookup(static_cast<telemetry::cache_result>(
            static_cast<unsigned>(decision_.cache) - static_cast<unsigned>(auth::cache_state::hit)));
    }
    return decision_.what == auth::verdict::allow ? reason::none : decision_.why;
}

void exchange::note_staleness() {
    verification_line_.clear();
    if (decision_.cache != auth::cache_state::stale) return;
    const auto age = std::chrono::duration_cast<std::chrono::seconds>(decision_.age);
    verification_line_ = "X-Gate-Verification: stale; age=" + std::to_string(age.count()) + "\r\n";
}

// Rule 13: something was revoked, or purged, after this request was decided, and it may be its token.
core::task<reason> exchange::confirm_decision() {
    while (seen_withdrawals_ != context_.authenticator.withdrawals()) {
        seen_withdrawals_ = context_.authenticator.withdrawals();
        if (!context_.authenticator.confirm(*token_key_, core::clock::now(), decision_)) {
            auto made = co_await verify_token();
            decision_ = std::move(made);
        }
        // Rule 2: the header that this request's fields were searched for, whatever the configuration says
        // now.
        decision_.who.put_under(snapshot_.identity_begin);
        if (is_halted()) co_return halted_;
        note_staleness();
        if (decision_.what == auth::verdict::allow) continue;
        context_.metrics.count_decision(decision_.why);
        co_return decision_.why;
    }
    co_return reason::none;
}

void exchange::build_upstream_head(std::string& out) {
    const auto& head = memory_.request;
    std::string_view forwarded_proto = "http";
    std::string_view forwarded_host;
    if (client_.is_trusted_proxy) {
        const auto* proto =
            head.count(field_id::x_forwarded_proto) == 1 ? head.find(field_id::x_forwarded_proto) : nullptr;
        if (proto != nullptr && http::iequals(proto->value, "https")) forwarded_proto = "https";
        if (head.count(field_id::x_forwarded_host) == 1)
            forwarded_host = head.find(field_id::x_forwarded_host)->value;
    }
    out.clear();
    http::append_upstream_head(head,
                               {.target = memory_.target,
                                .connection = memory_.request_connection,
                                .framing = request_framing_,
                                .host = host_,
                                .identity_line = decision_.who.header_line(),
                                .verification_line = verification_line_,
                                .client_address = client_.address_text,
                                .forwarded_for = forwarded_for_joined_,
                                .forwarded_proto = forwarded_proto,
                                .forwarded_host = forwarded_host,
                                .request_id = request_id_,
                                .traceparent = trace_.view(),
                                .forwards_left = forwards_left_,
                                .continues_trace = !parent_trace_.empty(),
                                .keep_client_ip = client_.is_trusted_proxy,
                                .drop_authorization = drop_authorization_,
                                .upgrade_websocket = wishes_.websocket,
                                .accept_trailers = wishes_.trailers,
                                .expect_continue = wishes_.leave_to_send},
                               out);
}

http::chunk_limits exchange::chunk_limits() const noexcept {
    return {options_.limits.chunk_extension, options_.limits.trailer_size};
}

}  // namespace gate::proxy
