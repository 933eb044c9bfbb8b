// The response on its way back: interim responses, the final head, the body.
#include <gate/core/text.hpp>
#include <gate/http/media_type.hpp>
#include <gate/proxy/upstream_call.hpp>

namespace gate::proxy {

using core::reason;
using http::field_id;
using protocol::body_piece;

namespace {

constexpr int max_interim_responses = 64;

// Keeps a pointer to an object of a coroutine for as long as the object lives.
class shown_tunnel {
public:
    shown_tunnel(tunnel*& place, tunnel& which) noexcept : place_(place) { place_ = &which; }
    ~shown_tunnel() { place_ = nullptr; }
    shown_tunnel(const shown_tunnel&) = delete;
    shown_tunnel& operator=(const shown_tunnel&) = delete;

private:
    tunnel*& place_;
};

bool is_length_unknown(http::body_framing framing) noexcept {
    return framing.kind == http::body_kind::chunked || framing.kind == http::body_kind::until_close;
}

}  // namespace

core::task<reason> upstream_call::receive() {
    for (int interim = 0; interim <= max_interim_responses; ++interim) {
        auto lent = resources_.scratch.received.lend();
        protocol::head_search got;
        if (interim > 0) got = place_->received_head(*lent);
        for (auto until = core::never; !got.is_found && got.failure == reason::none;) {
            lent.give_back();
            until = response_due(until);
            const auto status = co_await place_->readable(until);
            if (status != net::wait_status::timed_out) {
                record_.response_came = core::clock::now();
                lent = resources_.scratch.received.lend();
                got = place_->read_head(*lent);
            } else if (is_upstream_due()) {
                co_return reason::upstream_timeout;
            }
        }
        if (!got.is_found) co_return reason_of_silence(got.failure);
        if (lent->head.status == 101) co_return co_await switch_protocols(std::move(lent));
        if (lent->head.status >= 200) co_return co_await deliver(std::move(lent));
        const auto passed = co_await pass_interim(std::move(lent));
        if (passed != reason::none) co_return passed;
        record_.response_came = response_due_from_ = core::clock::now();
    }
    co_return reason::upstream_bad_response;
}

// The deadline for the upstream's next byte. It does not move once the answer is due.
core::time_point upstream_call::response_due(core::time_point before) const noexcept {
    if (!is_upstream_due()) return core::never;
    if (before != core::never) return before;
    return core::deadline_after(response_due_from_, settings_->response_timeout);
}

// While the request is being sent, its own time-outs apply; but only the upstream can ask for the body (100).
bool upstream_call::is_upstream_due() const noexcept {
    return !pump_runs_ || upload_->lets_source_wait();
}

// There will be no response head: the upstream ended its side, or failed, unless we did.
reason upstream_call::reason_of_silence(reason why) const noexcept {
    if (why == reason::upstream_bad_response) return why;
    if (is_halted()) return halted_;
    return upload_failure_ != reason::none ? upload_failure_ : why;
}

core::task<reason> upstream_call::pass_interim(protocol::response_loan&& from) {
    auto lent = std::move(from);
    const bool asks_for_body = lent->head.status == 100;
    const auto put = inbound_.try_send_interim(*lent);
    lent.give_back();
    const auto end = co_await send_rest(inbound_, put, patience());
    if (asks_for_body && pump_runs_) {
        upload_->expect_source();  // from now on the body is the client's to send
        inbound_.interrupt_reading(net::wait_status::ready);
    }
    co_return reason_of_download(end);
}

core::task<reason> upstream_call::deliver(protocol::response_loan&& from) {
    const auto lent = std::move(from);
    const auto& response = *lent;
    record_.status = record_.upstream_status = response.head.status;
    sends_events_ = is_length_unknown(response.framing) && http::is_event_stream(response.head);
    if (has_left_event_stream()) cut(reason::client_gone);
    if (const auto why = sends_events_ ? refusal_of_now() : reason::none; why != reason::none) cut(why);
    auto& pump = download_.emplace(
        relay_setting{resources_.executor, settings_->stream_idle_timeout, patience()}, *place_, inbound_);
    if (asked_.features.trailers) pump.pass_trailers();
    const auto first = place_->received();
    if (first.outcome == body_piece::state::malformed) return delivered(relay_end::source_malformed);
    if (first.is_last || !(sends_events_ || http::is_grpc(response.head)))
        pump.hold_sink_to(settings_->client_pace);
    protocol::response_lines ours{.request_id = record_.request_id, .add_via = options().forwarded.via};
    const bool keeps_date = response.head.has(field_id::date) && response.connection.others.empty();
    if (!keeps_date) ours.date = resources_.date.at(core::wall_clock::now());
    const auto put = inbound_.try_send_head(response, ours, pump.outgoing_of(first));
    record_.response_head_bytes = inbound_.head_bytes();
    const bool is_whole = first.is_last && put.outcome == protocol::sent::state::done;
    if (!is_whole) record_.response_sent = core::clock::now();
    return core::then(pump.run(first, put), [this](relay_end end) { return delivered(end); });
}

reason upstream_call::delivered(relay_end end) {
    record_.response_body_bytes = download_->body_bytes();
    if (end != relay_end::done) return reason_of_download(end);
    record_.upstream_ended = core::clock::now();
    if (record_.response_sent == core::time_point{}) record_.response_sent = record_.upstream_ended;
    const bool may_keep = !is_halted() && upload_failure_ == reason::none && !resources_.draining;
    place_->finish(record_.upstream_ended, may_keep);
    return reason::none;
}

reason upstream_call::reason_of_download(relay_end end) const noexcept {
    if (is_halted()) return halted_;
    if (upload_failure_ != reason::none) return upload_failure_;
    switch (end) {
        case relay_end::done: return reason::none;
        case relay_end::source_ended:
        case relay_end::source_failed: return reason::upstream_truncated;
        case relay_end::source_cut: break;  // whoever cut it has said why; is_halted() above
        case relay_end::source_malformed: return reason::upstream_bad_response;
        case relay_end::source_timed_out:
        case relay_end::source_too_slow: return reason::upstream_timeout;
        case relay_end::sink_timed_out:
        case relay_end::sink_too_slow: return reason::client_too_slow;
        case relay_end::sink_failed:
        case relay_end::cancelled: return reason::client_gone;
    }
    return reason::internal_error;
}

// Rule 20: only the upgrade that was asked for, and only now.
core::task<reason> upstream_call::switch_protocols(protocol::response_loan&& from) {
    auto lent = std::move(from);
    if (is_halted()) co_return halted_;
    if (const auto why = refusal_of_now(); why != reason::none) co_return why;
    const auto& response = *lent;
    const auto* upgrade = response.head.find(field_id::upgrade);
    if (!asked_.features.websocket || !place_->is_sent() || upgrade == nullptr ||
        !core::iequals(upgrade->value, "websocket")) {
        co_return reason::upstream_bad_response;
    }
    const auto up = place_->take_over();
    if (up.bytes == nullptr) co_return reason::upstream_bad_response;
    const protocol::response_lines ours{.request_id = record_.request_id, .add_via = options().forwarded.via};
    std::string head;
    const auto down = inbound_.switch_protocols(response, ours, head);
    lent.give_back();
    is_upgraded_ = true;
    record_.status = record_.upstream_status = 101;
    const std::string first_down(up.unread);
    place_->release();
    record_.response_sent = core::clock::now();
    tunnel both(resources_.blocks, resources_.wheel, *down.bytes, *up.bytes,
                {settings_->stream_idle_timeout, options().limits.websocket_lifetime});
    const shown_tunnel shown(tunnel_, both);
    if (resources_.closing) both.end(close_code::going_away);
    co_await both.run(head, down.unread, first_down);
    record_.request_body_bytes = both.to_upstream();
    record_.response_body_bytes = both.to_downstream();
    co_return halted_;
}

}  // namespace gate::proxy
