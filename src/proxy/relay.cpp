#include <gate/http/trailers.hpp>
#include <gate/proxy/relay.hpp>

#include <boost/asio/post.hpp>

#include <algorithm>
#include <optional>
#include <utility>

namespace gate::proxy {
namespace {

// Below this, copying head and body together costs less than handing the kernel a list of pieces.
constexpr std::size_t copied_together = 4096;

core::time_point from_now(core::duration patience) {
    return core::deadline_after(core::clock::now(), patience);
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

core::task<relay_end> write_rest(net::stream& sink, gather data, core::duration patience) {
    for (;;) {
        const auto status = co_await sink.writable(from_now(patience));
        if (status == net::wait_status::timed_out) co_return relay_end::sink_timed_out;
        if (status == net::wait_status::cancelled) co_return relay_end::cancelled;
        if (const auto end = write_some(sink, data)) co_return *end;
    }
}

}  // namespace

core::task<relay_end> write_all(net::stream& sink, gather data, core::duration patience) {
    if (const auto end = write_some(sink, data)) return *end;
    return write_rest(sink, data, patience);
}

core::task<relay_end> relay::run(std::span<char> received, net::buffer_pool::block memory) {
    block_ = std::move(memory);
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
    if (const auto end = write_some(sink_, out)) return *end;
    if (const auto written = due - out.bytes; with_prefix && written < prefix_.size()) {
        kept_prefix_.assign(prefix_, written);
        out.pieces[0].iov_base = kept_prefix_.data();
    }
    return write_rest(sink_, out, setting_.sink_patience);
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
            const auto until = lets_wait_ ? core::never : from_now(setting_.source_patience);
            const auto status = co_await source_.readable(until);
            if (status == net::wait_status::timed_out) co_return relay_end::source_timed_out;
            if (status == net::wait_status::cancelled) co_return relay_end::cancelled;
            continue;
        }
        lets_wait_ = false;
        if (got.was_cut()) co_return relay_end::source_cut;
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
