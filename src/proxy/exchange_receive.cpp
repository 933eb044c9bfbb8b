// The response on its way back: interim responses, the final head, the body.
#include <gate/http/media_type.hpp>
#include <gate/http/rewrite.hpp>
#include <gate/proxy/exchange.hpp>
#include <gate/proxy/tunnel.hpp>

#include <cstring>

namespace gate::proxy {

using core::reason;
using http::field_id;

namespace {

constexpr int max_interim_responses = 64;

// Anywhere among the challenges: their grammar is not worth parsing, and a connection less to reuse no loss.
bool names_scheme(std::string_view challenges, std::string_view scheme) noexcept {
    for (std::size_t at = 0; at + scheme.size() <= challenges.size(); ++at) {
        if (http::iequals(challenges.substr(at, scheme.size()), scheme)) return true;
    }
    return false;
}

// The answer to HEAD, a 204 or a 304 has no body, and may yet tell of one. There are upstreams that send it
// all the same, a moment later: it would be the beginning of the next response.
bool announces_missing_body(const http::response_head& head, http::body_framing framing) noexcept {
    if (framing.kind != http::body_kind::none) return false;
    if (head.has(field_id::transfer_encoding)) return true;
    const auto* length = head.find(field_id::content_length);
    return length != nullptr && length->value != "0";
}

// The connection stands for the one who was authenticated on it (rule 21).
template <class Head>
bool is_bound_to_a_user(const Head& head, field_id by) noexcept {
    if (!head.has(by)) return false;
    for (const auto& field : head.fields) {
        if (field.id != by) continue;
        if (names_scheme(field.value, "NTLM") || names_scheme(field.value, "Negotiate")) return true;
    }
    return false;
}

}  // namespace

core::task<reason> exchange::receive() {
    parsed_ = received_ = 0;
    for (int interim = 0; interim <= max_interim_responses; ++interim) {
        http::head_finder finder(snapshot_.head_limits);
        auto size = find_response_head(finder);
        for (auto until = core::never; size && *size == 0;) {
            until = response_due(until);
            const auto status = co_await lease_->readable(until);
            if (status != net::wait_status::timed_out) {
                size = read_response_head(finder);
            } else if (is_upstream_due()) {
                co_return reason::upstream_timeout;
            }
        }
        if (!size) co_return core::reason_of(size.error());
        const std::string_view text(block_.data() + parsed_, *size);
        auto& head = context_.scratch.response;
        if (!http::parse_response_head(text, snapshot_.head_limits, head))
            co_return reason::upstream_bad_response;
        parsed_ += *size;
        http::read_connection_options(head, context_.scratch.response_connection);
        const auto framing = http::response_framing(head, asked().head.verb);
        if (!framing) co_return reason::upstream_bad_response;
        if (head.status == 101) co_return co_await switch_protocols();
        if (head.status >= 200) co_return co_await deliver(*framing);
        const auto passed = co_await pass_interim();
        if (passed != reason::none) co_return passed;
        response_due_from_ = core::clock::now();
    }
    co_return reason::upstream_bad_response;
}

// The size of the next head in the block; 0: it has not ended yet.
core::result<std::size_t> exchange::find_response_head(http::head_finder& finder) {
    if (!response_bytes_) return std::size_t{0};
    const auto found = finder.find({block_.data() + parsed_, received_ - parsed_});
    if (!found) return reason::upstream_bad_response;
    if (*found == 0) lease_->expect_more();  // a reset may have come together with what was read
    return *found;
}

core::result<std::size_t> exchange::read_response_head(http::head_finder& finder) {
    if (!block_) block_ = context_.blocks.take();
    if (received_ == block_.size()) {
        std::memmove(block_.data(), block_.data() + parsed_, received_ - parsed_);
        received_ -= std::exchange(parsed_, 0);
    }
    const auto got = lease_->try_read(block_.span().subspan(received_));
    if (got.would_block()) return std::size_t{0};
    if (!got.ok()) return reason_of_silence(got.eof);
    received_ += got.bytes;
    response_bytes_ = true;
    return find_response_head(finder);
}

// The deadline for the upstream's answer. `before`: one that was computed already.
core::time_point exchange::response_due(core::time_point before) const noexcept {
    if (!is_upstream_due()) return core::never;
    if (before != core::never) return before;
    return core::deadline_after(response_due_from_, options_.upstream.response_timeout);
}

// While the request is on its way, its own time-outs apply; but the word to go on is the upstream's to say.
bool exchange::is_upstream_due() const noexcept {
    return !pump_runs_ || (upload_ != nullptr && upload_->lets_source_wait());
}

// The upstream ended its side, or failed, before its response head was whole.
reason exchange::reason_of_silence(bool eof) const noexcept {
    if (is_halted()) return halted_;
    if (upload_failure_ != reason::none) return upload_failure_;
    return eof && received_ > parsed_ ? reason::upstream_truncated : reason::upstream_reset;
}

// RFC 9110 15.2: an HTTP/1.0 client gets none.
core::task<reason> exchange::pass_interim() {
    if (asked().head.minor == 0) co_return reason::none;
    auto& out = memory_.downstream_head;
    out.clear();
    http::append_downstream_head(
        context_.scratch.response,
        {.connection = context_.scratch.response_connection, .framing = {}, .request_id = {}, .date = {}},
        out);
    gather data;
    data.add(out);
    const bool asks_for_body = context_.scratch.response.status == 100;
    const auto end = co_await write_all(downstream_, data, patience());
    response_started_ = end != relay_end::done;  // and cannot be followed by another
    if (asks_for_body && upload_ != nullptr) {
        upload_->expect_source();  // from now on the body is the client's to send
        downstream_.interrupt_reading(net::wait_status::ready);
    }
    co_return reason_of_download(end);
}

void exchange::build_downstream_head(http::body_framing framing) {
    auto& out = context_.scratch.head;
    out.clear();
    const bool keeps_date =
        context_.scratch.response.has(field_id::date) && context_.scratch.response_connection.others.empty();
    std::string_view date;
    if (!keeps_date) date = context_.date.at(core::wall_clock::now());
    http::append_downstream_head(context_.scratch.response,
                                 {.connection = context_.scratch.response_connection,
                                  .framing = framing,
                                  .request_id = record_.request_id,
                                  .date = date,
                                  .close = !keep_,
                                  .keep_alive_10 = keep_ && asked().head.minor == 0},
                                 out);
    record_.response_head_bytes = out.size();
}

core::task<reason> exchange::deliver(http::body_framing framing) {
    const auto& response = context_.scratch.response;
    auto sent = framing;
    const bool length_unknown =
        framing.kind == http::body_kind::chunked || framing.kind == http::body_kind::until_close;
    if (length_unknown)
        sent.kind = asked().head.minor == 0 ? http::body_kind::until_close : http::body_kind::chunked;
    keep_ = may_keep_client() && sent.kind != http::body_kind::until_close;
    record_.status = response.status;
    build_downstream_head(sent);
    const bool bound =
        is_bound_to_a_user(response, field_id::www_authenticate) ||
        (!access_.drops_authorization() && is_bound_to_a_user(asked().head, field_id::authorization));
    upstream_persists_ = !bound && !announces_missing_body(response, framing) &&
                         framing.kind != http::body_kind::until_close &&
                         http::is_persistent(response.minor, context_.scratch.response_connection);

    sends_events_ = length_unknown && http::is_event_stream(response);
    if (has_left_event_stream()) leave();
    if (sends_events_ && is_refused_now()) cut(reason::token_missing);
    const auto received = unparsed();
    response_body_.emplace(framing, chunk_limits());
    auto& pump =
        download_.emplace(relay_setting{context_.blocks, options_.limits.stream_idle_timeout, patience()},
                          *lease_, *response_body_, downstream_, body_encoder(sent.kind),
                          context_.scratch.head, context_.blocks.block_size());
    if (asked().features.trailers) pump.pass_trailers();
    const bool is_here = received.size() >= response_body_->wanted();
    if (is_here || !(sends_events_ || http::is_grpc(response))) pump.hold_sink_to(due_pace());
    return core::then(pump.run(received, std::move(block_)),
                      [this](relay_end end) { return delivered(end); });
}

reason exchange::delivered(relay_end end) {
    record_.response_body_bytes = download_->body_bytes();
    response_started_ = download_->has_written();
    if (end != relay_end::done) return reason_of_download(end);
    record_.upstream_ended = core::clock::now();
    if (can_reuse_upstream()) lease_.give_back(record_.upstream_ended);
    return reason::none;
}

// Rule 21: only what was read to its end, with nothing left over, after a request that was sent to its end.
bool exchange::can_reuse_upstream() const noexcept {
    return upstream_persists_ && download_->rest().empty() && request_is_sent_ &&
           upload_failure_ == reason::none && !is_halted() && !context_.draining;
}

reason exchange::reason_of_download(relay_end end) noexcept {
    if (is_halted()) return halted_;
    if (upload_failure_ != reason::none) return upload_failure_;
    switch (end) {
        case relay_end::done: return reason::none;
        case relay_end::source_ended:
        case relay_end::source_failed: return reason::upstream_truncated;
        case relay_end::source_cut: break;  // without a reason?
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
core::task<reason> exchange::switch_protocols() {
    if (is_halted()) co_return halted_;
    if (is_refused_now()) co_return reason::token_missing;
    const auto* upgrade = context_.scratch.response.find(field_id::upgrade);
    if (!asked().features.websocket || !request_is_sent_ || upgrade == nullptr ||
        !http::iequals(upgrade->value, "websocket")) {
        co_return reason::upstream_bad_response;
    }
    auto& out = memory_.downstream_head;
    out.clear();
    http::append_downstream_head(context_.scratch.response,
                                 {.connection = context_.scratch.response_connection,
                                  .framing = {},
                                  .request_id = record_.request_id,
                                  .date = {},
                                  .switching = true},
                                 out);
    downstream_.stop_watching();
    response_started_ = true;
    upgraded_ = true;
    record_.status = 101;
    const auto first_up = memory_.received().substr(asked().head.size);
    auto& first_down = memory_.unsent;
    first_down.assign(unparsed().data(), unparsed().size());
    block_.release();
    const auto& limits = options_.limits;
    tunnel both(context_.blocks, context_.wheel, downstream_, *lease_,
                {limits.stream_idle_timeout, limits.websocket_lifetime});
    tunnel_ = &both;
    if (context_.closing) both.end(close_code::going_away);
    co_await both.run(out, first_up, first_down);
    tunnel_ = nullptr;
    record_.request_body_bytes = both.to_upstream();
    record_.response_body_bytes = both.to_downstream();
    co_return halted_;
}

}  // namespace gate::proxy
