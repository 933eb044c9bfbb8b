#include <gate/protocol/http1_writer.hpp>

#include <utility>

namespace gate::protocol {

sent http1_writer::send_head(std::string& head, http::body_kind body, const outgoing& first) {
    is_last_ = first.is_last;
    if (body == http::body_kind::none) return send_alone(head);
    encoder_ = body_encoder(body);
    if (first.data.size() + first.trailers.size() <= copied_together) {
        encoder_.append(first.data, first.is_last, first.trailers, head);
        return send_alone(head);
    }
    gather out;
    out.add(head);
    encoder_.encode(first.data, first.is_last, first.trailers, out);
    const auto done = put(out);
    if (done.outcome != sent::state::done) keep_rest_of(head, done.bytes);
    return done;
}

sent http1_writer::send_alone(std::string_view text) {
    const auto written = bytes_.try_write(text);
    if (written.bytes == text.size()) {
        has_sent_any_ = true;
        is_stuck_ = false;
        return {text.size(), sent::state::done};
    }
    return send_rest_of(text, written.bytes);
}

// The connection has not taken the whole at one go.
sent http1_writer::send_rest_of(std::string_view text, std::size_t written) {
    has_sent_any_ = has_sent_any_ || written > 0;
    gather out;
    out.add(text.substr(written));
    auto done = put(out);
    done.bytes += written;
    if (done.outcome != sent::state::done) keep_rest_of(text, done.bytes);
    return done;
}

sent http1_writer::send(const outgoing& piece) {
    is_last_ = piece.is_last;
    gather out;
    encoder_.encode(piece.data, piece.is_last, piece.trailers, out);
    return put(out);
}

sent http1_writer::flush() noexcept {
    const auto done = put(rest_);
    if (!is_stuck_ && !kept_head_.empty()) forget();
    return done;
}

// Writes until the connection takes no more.
sent http1_writer::put(gather data) noexcept {
    const auto due = data.bytes;
    is_stuck_ = true;
    while (data.bytes > 0) {
        const auto written = bytes_.try_write(data.view());
        if (written.error != 0) {
            rest_ = data;
            return {due - data.bytes, written.would_block() ? sent::state::blocked : sent::state::failed};
        }
        has_sent_any_ = has_sent_any_ || written.bytes > 0;
        data.consume(written.bytes);
    }
    is_stuck_ = false;
    return {due, sent::state::done};
}

// The head lies in memory that others use after this call.
void http1_writer::keep_rest_of(std::string_view head, std::size_t written) {
    if (written >= head.size()) return;
    kept_head_.assign(head.substr(written));
    rest_.pieces[0].iov_base = kept_head_.data();
}

void http1_writer::forget() noexcept {
    if (is_secret_) ::explicit_bzero(kept_head_.data(), kept_head_.size());
    kept_head_.clear();
}

}  // namespace gate::protocol
