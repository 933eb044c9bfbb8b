#include <gate/http/trailers.hpp>
#include <gate/proxy/relay.hpp>

#include <boost/asio/post.hpp>

#include <algorithm>
#include <optional>
#include <utility>

namespace gate::proxy {
namespace {

// A wait for one side, which is given up when that side has been silent or slow for too long.
class bounded_wait {
public:
    // `due`, if any, outlives this object: the pace that the side must keep.
    bounded_wait(core::duration patience, pace* due) noexcept
        : due_(due), began_(core::clock::now()), silent_until_(core::deadline_after(began_, patience)) {}

    core::time_point until() const noexcept {
        return due_ == nullptr ? silent_until_ : std::min(silent_until_, due_->deadline(began_));
    }

    enum class ending : std::uint8_t { ready, silent, slow, cancelled };

    // What the wait has come to.
    ending end(net::wait_status status) noexcept {
        if (status == net::wait_status::cancelled) return ending::cancelled;
        if (due_ == nullptr) return status == net::wait_status::ready ? ending::ready : ending::silent;
        const auto now = core::clock::now();
        due_->wait(now - began_);
        if (status == net::wait_status::ready) return ending::ready;
        return now < silent_until_ ? ending::slow : ending::silent;
    }

private:
    pace* due_;
    core::time_point began_;
    core::time_point silent_until_;
};

// done: it may be worth another try.
relay_end end_of_source(bounded_wait::ending how) noexcept {
    using ending = bounded_wait::ending;
    switch (how) {
        case ending::silent: return relay_end::source_timed_out;
        case ending::slow: return relay_end::source_too_slow;
        case ending::cancelled: return relay_end::cancelled;
        case ending::ready: break;
    }
    return relay_end::done;
}

relay_end end_of_sink(bounded_wait::ending how) noexcept {
    using ending = bounded_wait::ending;
    switch (how) {
        case ending::silent: return relay_end::sink_timed_out;
        case ending::slow: return relay_end::sink_too_slow;
        case ending::cancelled: return relay_end::cancelled;
        case ending::ready: break;
    }
    return relay_end::done;
}

// Writes what the sink takes now; the end, or nothing while some is left.
std::optional<relay_end> write_some(net::stream& sink, gather& data) noexcept {
    while (data.bytes > 0) {
        const auto put = sink.try_write(data.view());
        if (put.would_block()) return std::nullopt;
        if (put.error != 0) return relay_end::sink_failed;
        data.consume(put.bytes);
    }
    return relay_end::done;
}

core::task<relay_end> write_rest(net::stream& sink, gather data, core::duration patience, pace* due) {
    for (;;) {
        bounded_wait wait(patience, due);
        const auto status = co_await sink.writable(wait.until());
        const auto given_up = end_of_sink(wait.end(status));
        if (given_up != relay_end::done) co_return given_up;
        const auto before = data.bytes;
        const auto end = write_some(sink, data);
        if (due != nullptr) due->move(before - data.bytes);
        if (end) co_return *end;
    }
}

}  // namespace

core::task<relay_end> write_all(net::stream& sink, gather data, core::duration patience, pace* due) {
    const auto before = data.bytes;
    if (const auto end = write_some(sink, data)) return *end;
    if (due != nullptr) due->move(before - data.bytes);
    return write_rest(sink, data, patience, due);
}

core::task<relay_end> relay::run(std::span<char> received, net::buffer_pool::block memory) {
    block_ = std::move(memory);
    source_pace_.move(received.size());
    auto first = forward(received);
    if (const auto* end = first.value(); end != nullptr && (*end != relay_end::done || decoder_.is_done()))
        return first;
    return run_on(std::move(first));
}

core::task<relay_end> relay::run_on(core::task<relay_end> first) {
    const auto end = co_await std::move(first);
    if (end != relay_end::done || decoder_.is_done()) co_return end;
    co_return co_await read_more();
}

// Decodes `input`, encodes it again and writes it, together with the prefix if that is still to go.
core::task<relay_end> relay::forward(std::span<char> input) {
    const auto piece = decoder_.decode(input);
    if (!piece) return relay_end::source_malformed;
    rest_ = piece->rest;
    body_bytes_ += piece->data.size();
    if (decoder_.is_done() && passes_trailers_) {
        http::append_permitted_trailers(decoder_.trailers(), trailers_);
        if (!trailers_.empty()) trailers_ += "\r\n";
    }
    gather out;
    const std::string_view data(piece->data.data(), piece->data.size());
    encoder_.encode(data, decoder_.is_done(), trailers_, out);
    const bool with_prefix = std::exchange(prefix_is_due_, false);
    if (with_prefix) add_prefix(out);
    const auto due = out.bytes;
    if (due > 0) has_written_ = true;
    const auto end = write_some(sink_, out);
    sink_pace_.move(due - out.bytes);
    if (end) return *end;
    if (const auto written = due - out.bytes; with_prefix && written < prefix_.size()) {
        kept_prefix_.assign(prefix_, written);
        out.pieces[0].iov_base = kept_prefix_.data();
    }
    return write_rest(sink_, out, setting_.sink_patience, &sink_pace_);
}

void relay::add_prefix(gather& out) {
    const gather body = out;
    out = {};
    if (body.bytes <= copied_together) {
        for (const auto& part : body.view())
            prefix_.append(static_cast<const char*>(part.iov_base), part.iov_len);
        out.add(prefix_);
    } else {
        out.add(prefix_);
        for (const auto& part : body.view()) out.add({static_cast<const char*>(part.iov_base), part.iov_len});
    }
}

// The next bytes of the body, as they come.
core::task<relay_end> relay::read_more() {
    turn_taker turn;
    while (!decoder_.is_done()) {
        if (!block_) block_ = setting_.blocks.take();
        const auto room = static_cast<std::size_t>(
            std::min<std::uint64_t>({block_.size(), read_limit_, decoder_.wanted()}));
        const auto got = source_.try_read(block_.span().first(room));
        if (got.would_block()) {
            block_.release();
            const bool may_wait = lets_wait_;
            bounded_wait wait(may_wait ? core::duration{0} : setting_.source_patience,
                              may_wait ? nullptr : &source_pace_);
            const auto status = co_await source_.readable(wait.until());
            const auto end = end_of_source(wait.end(status));
            if (end != relay_end::done) co_return end;
            continue;
        }
        lets_wait_ = false;
        if (got.was_cut()) co_return relay_end::source_cut;
        source_pace_.move(got.bytes);
        if (got.error != 0) co_return relay_end::source_failed;
        if (got.eof) {
            if (!decoder_.end()) co_return relay_end::source_ended;
            co_return co_await forward({});
        }
        const auto end = co_await forward(block_.span().first(got.bytes));
        if (end != relay_end::done) co_return end;
        if (turn.is_over(got.bytes)) {
            co_await core::asio::post(source_.socket().get_executor(), core::use_task);
            if (setting_.stopped != nullptr && *setting_.stopped) co_return relay_end::cancelled;
        }
    }
    co_return relay_end::done;
}

}  // namespace gate::proxy
