// The spine of an exchange: read, decide, rewrite, forward, account.
#include <gate/http/rewrite.hpp>
#include <gate/proxy/exchange.hpp>

#include <algorithm>

namespace gate::proxy {

using core::reason;
using http::field_id;

exchange::exchange(context& where, exchange_memory& memory, net::stream& downstream,
                   idle_connection& connection, const client& who, core::time_point started,
                   core::time_point head_came, bool last) noexcept
    : context_(where),
      local_(where.current),
      snapshot_(*local_->shared),
      options_(snapshot_.options),
      memory_(memory),
      downstream_(downstream),
      connection_(connection),
      client_(who),
      party_(where.sharing),
      head_came_(head_came),
      last_(last),
      access_(where.authenticator, where.hasher, snapshot_.identity_begin, options_.gate.timeout),
      record_{.started = started, .client_address = who.address_text} {}

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

telemetry::cache_result lookup_of(auth::cache_state state) noexcept {
    using telemetry::cache_result;
    switch (state) {
        case auth::cache_state::hit: return cache_result::hit;
        case auth::cache_state::none:
        case auth::cache_state::miss: return cache_result::miss;
        case auth::cache_state::expired: return cache_result::expired;
        case auth::cache_state::coalesced: return cache_result::coalesced;
        case auth::cache_state::negative: return cache_result::negative;
        case auth::cache_state::stale: return cache_result::stale;
    }
    return cache_result::miss;
}

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
    if (record_.ended == core::time_point{}) record_.ended = core::clock::now();
    account(context_, record_, asked(), access_);
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
    const auto shown = auth::extract_bearer(asked().head);
    if (!shown) return core::reason_of(shown.error());
    if (access_.decide(asked(), *shown, snapshot_.policy, options_.upstream.forward_token, head_came_))
        return pass_on_if_allowed();
    return pass_on_if_verified();
}

core::task<reason> exchange::pass_on_if_verified() {
    co_await access_.verify(asker());
    co_return co_await pass_on_if_allowed();
}

core::task<reason> exchange::pass_on_if_allowed() {
    const auto& decision = access_.made();
    context_.metrics.count_decision(decision.why);
    if (decision.cache != auth::cache_state::none) context_.metrics.count_lookup(lookup_of(decision.cache));
    if (decision.what != auth::verdict::allow) return decision.why;
    return pass_on();
}

core::task<reason> exchange::pass_on() {
    if (asked().max_forwards == 0) return answer_as_last();
    if (asked().head.has(field_id::identity))
        context_.metrics.headers_stripped.add(asked().head.count(field_id::identity));
    return forward();
}

// Who answers for a token that Gate refuses.
auth::client_id exchange::asker() const noexcept {
    return client_id_of(forwarded_client_.value_or(client_.address));
}

// Everything about the request that its head tells. Errors are those of the http layer.
core::result<void> exchange::read_request(std::size_t head_size) {
    auto& facts = memory_.asked;
    if (auto read = http::read_request({memory_.input.get(), head_size}, snapshot_.reading, facts); !read)
        return read;
    memory_.may_hold_token = facts.head.has(field_id::authorization);
    request_body_.emplace(facts.framing, chunk_limits());
    early_body_ = {memory_.input.get() + head_size, memory_.filled - head_size};
    if (!context_.arrival.is_empty()) forget_arrival();
    if (request_body_->is_done()) early_body_ = {};
    memory_.used = request_body_->is_done() ? head_size : memory_.filled;
    client_persists_ = !last_ && http::is_persistent(facts.head.minor, facts.connection);
    choose_ids();
    return {};
}

// Of a counted body that has not come to its end, all that came with the head is body.
void exchange::forget_arrival() noexcept {
    const bool is_all_body =
        asked().framing.kind == http::body_kind::counted && request_body_->wanted() >= early_body_.size();
    context_.arrival.forget(is_all_body ? memory_.filled - early_body_.size() : memory_.filled);
}

// Rule 7: from a trusted proxy, and only for logs and limits.
void exchange::believe_forwarded_for() {
    for (const auto& field : asked().head.fields) {
        if (field.id != field_id::x_forwarded_for || field.value.empty()) continue;
        if (!forwarded_for_joined_.empty()) forwarded_for_joined_ += ", ";
        forwarded_for_joined_ += field.value;
    }
    forwarded_client_ = net::client_of(forwarded_for_joined_, client_.address, snapshot_.trusted);
    client_text_ = net::to_text(*forwarded_client_);
    record_.client_address = client_text_;
}

// The client's ids where they are usable, else ours.
void exchange::choose_ids() {
    record_.request_id = asked().request_id;
    if (record_.request_id.empty()) {
        record_.own_id = context_.ids.next();
        record_.request_id = record_.own_id.view();
    }
    const auto parent = asked().parent_trace;
    record_.trace = parent.empty() ? context_.ids.next_traceparent() : context_.ids.continued(parent);
}

void exchange::build_upstream_head(std::string& out) {
    const auto& head = asked().head;
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
    http::append_upstream_head(asked(),
                               {.identity_line = access_.made().who.header_line(),
                                .verification_line = access_.verification_line(),
                                .client_address = client_.address_text,
                                .forwarded_for = forwarded_for_joined_,
                                .forwarded_proto = forwarded_proto,
                                .forwarded_host = forwarded_host,
                                .request_id = record_.request_id,
                                .traceparent = record_.trace.view(),
                                .keep_client_ip = client_.is_trusted_proxy,
                                .drop_authorization = access_.drops_authorization()},
                               out);
}

http::chunk_limits exchange::chunk_limits() const noexcept {
    return {options_.limits.chunk_extension, options_.limits.trailer_size};
}

}  // namespace gate::proxy
