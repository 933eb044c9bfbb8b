#include <gate/http/rewrite.hpp>
#include <gate/protocol/http1_inbound.hpp>

namespace gate::protocol {

using http::body_kind;

void http1_inbound::give_up_body() noexcept {
    is_body_given_up_ = true;
    keeps_ = false;
}

bool http1_inbound::begin_wait_to_read(net::readiness::callback call, void* self, core::time_point until) {
    return bytes_.begin_wait(net::direction::read, call, self, until);
}

bool http1_inbound::begin_wait_to_write(net::readiness::callback call, void* self, core::time_point until) {
    if (is_reply_) owner_.on_reply_waits();
    if (is_reply_) keep_early_body();
    return bytes_.begin_wait(net::direction::write, call, self, until);
}

// Rule 22: what is left of the body is on its way, and small as far as is known.
bool http1_inbound::can_discard_body() const noexcept {
    if (!reader_.has_begun() || asked().features.expects_continue || is_body_given_up_) return false;
    const auto kind = asked().framing.kind;
    return kind == body_kind::counted ? reader_.wanted() <= limits_.drain
                                      : kind == body_kind::chunked && discards_unknown_;
}

bool http1_inbound::may_keep() const noexcept {
    return persists_ && !shared_.draining && (is_body_read() || can_discard_body());
}

sent http1_inbound::try_send_head(const response& what, const response_lines& ours, const outgoing& first) {
    auto framing = what.framing;
    if (framing.kind == body_kind::chunked || framing.kind == body_kind::until_close)
        framing.kind = asked().head.minor == 0 ? body_kind::until_close : body_kind::chunked;
    keeps_ = may_keep() && framing.kind != body_kind::until_close;
    const auto lent = shared_.scratch.head.lend();
    auto& out = *lent;
    out.clear();
    http::append_downstream_head(what.head,
                                 {.connection = what.connection,
                                  .framing = framing,
                                  .request_id = ours.request_id,
                                  .date = ours.date,
                                  .close = !keeps_,
                                  .keep_alive_10 = keeps_ && asked().head.minor == 0,
                                  .add_via = ours.add_via},
                                 out);
    head_bytes_ = out.size();
    has_begun_ = true;
    return writer_.send_head(out, framing.kind, first);
}

// RFC 9110 15.2: an HTTP/1.0 client gets none.
sent http1_inbound::try_send_interim(const response& what) {
    if (asked().head.minor == 0) return {};
    const auto lent = shared_.scratch.head.lend();
    auto& out = *lent;
    out.clear();
    http::append_downstream_head(
        what.head, {.connection = what.connection, .framing = {}, .request_id = {}, .date = {}}, out);
    return writer_.send_alone(out);
}

sent http1_inbound::try_send_reply(http::reply what, bool closes) {
    keeps_ = !closes && may_keep();
    what.head_request = asked().head.verb == http::method::head;
    what.close = !keeps_;
    what.keep_alive_10 = keeps_ && asked().head.minor == 0;
    const auto lent = shared_.scratch.head.lend();
    auto& out = *lent;
    out.clear();
    reply_bytes_ = http::append_reply(what, out);
    head_bytes_ = out.size() - reply_bytes_;
    is_reply_ = true;
    if (what.status >= 400) ending_ = ending::refused;
    return writer_.send_alone(out);
}

void http1_inbound::stop_sending() noexcept {
    if (has_begun_) {
        bytes_.cut();
    } else {
        bytes_.interrupt_writing(net::wait_status::cancelled);  // an interim response
    }
}

void http1_inbound::reset(core::reason why) noexcept {
    const bool is_left = why == core::reason::client_gone && !has_begun();
    ending_ = is_left ? ending::gone : ending::cut;
}

void http1_inbound::on_departure(departure_callback call, void* self) {
    call_ = call;
    called_ = self;
    bytes_.watch(&http1_inbound::on_event, this);
}

void http1_inbound::on_event(void* self, net::wait_status) {
    auto& one = *static_cast<http1_inbound*>(self);
    const auto seen = one.bytes_.peek();
    const bool watches_on = one.call_(one.called_, {seen.ended, seen.gone});
    // The next request, the end of the client's side, or an event that was reported already.
    if (watches_on && (!seen.has_data || net::readiness::reports_edges))
        one.bytes_.watch(&http1_inbound::on_event, self);
}

raw_end http1_inbound::switch_protocols(const response& what, const response_lines& ours, std::string& head) {
    bytes_.stop_watching();
    ending_ = ending::switched;
    has_begun_ = true;
    http::append_downstream_head(what.head,
                                 {.connection = what.connection,
                                  .framing = {},
                                  .request_id = ours.request_id,
                                  .date = {},
                                  .switching = true,
                                  .add_via = ours.add_via},
                                 head);
    const std::string_view unread = memory_.received().substr(asked().head.size);
    return {&bytes_, unread.empty() ? std::string_view(memory_.overflow) : unread};
}

afterwards http1_inbound::what_next() const noexcept {
    switch (ending_) {
        case ending::switched:  // it has been told in its own way
        case ending::gone: return afterwards::close;
        case ending::cut: return afterwards::abort;
        default: break;
    }
    if (keeps_) return is_body_read() ? afterwards::keep : afterwards::discard;
    const bool unread = !is_body_read() || bytes_.may_have_more();
    return ending_ == ending::refused || unread ? afterwards::linger : afterwards::close;
}

core::task<bool> http1_inbound::discard_body() {
    const auto until = core::deadline_after(core::clock::now(), limits_.body_timeout);
    std::uint64_t taken = 0;  // with the framing of a chunked body; a counted one is small
    if (!reader_.came().empty()) {
        const auto piece = received();
        if (piece.outcome != body_piece::state::data) co_return false;
        taken = piece.received;
    }
    while (!is_body_read()) {
        if (asked().framing.kind == body_kind::chunked && taken > limits_.drain) co_return false;
        const auto piece = read();
        if (piece.outcome == body_piece::state::blocked) {
            const auto status = co_await readable(until);
            if (status != net::wait_status::ready) co_return false;
        } else if (piece.outcome != body_piece::state::data) {
            co_return false;
        } else {
            taken += piece.received;
            bytes_.expect_more();
        }
    }
    co_return true;
}

}  // namespace gate::protocol
