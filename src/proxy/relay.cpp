#include <gate/http/trailers.hpp>
#include <gate/proxy/relay.hpp>

#include <boost/asio/post.hpp>

#include <algorithm>
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

relay_end end_of_source(protocol::body_piece::state how) noexcept {
    using state = protocol::body_piece::state;
    switch (how) {
        case state::ended: return relay_end::source_ended;
        case state::failed: return relay_end::source_failed;
        case state::cut: return relay_end::source_cut;
        case state::malformed: return relay_end::source_malformed;
        case state::data:
        case state::blocked: break;
    }
    return relay_end::done;
}

core::task<relay_end> flush(protocol::body_sink& sink, core::duration patience, pace* due) {
    for (;;) {
        bounded_wait wait(patience, due);
        const auto status = co_await sink.writable(wait.until());
        const auto given_up = end_of_sink(wait.end(status));
        if (given_up != relay_end::done) co_return given_up;
        const auto put = sink.flush();
        if (due != nullptr) due->move(put.bytes);
        if (put.outcome == protocol::sent::state::done) co_return relay_end::done;
        if (put.outcome == protocol::sent::state::failed) co_return relay_end::sink_failed;
    }
}

}  // namespace

core::task<relay_end> send_rest(protocol::body_sink& sink, const protocol::sent& put, core::duration patience,
                                pace* due) {
    if (put.outcome == protocol::sent::state::done) return relay_end::done;
    if (put.outcome == protocol::sent::state::failed) return relay_end::sink_failed;
    return flush(sink, patience, due);
}

protocol::outgoing relay::outgoing_of(const protocol::body_piece& piece) {
    body_bytes_ += piece.data.size();
    if (piece.is_last && passes_trailers_) http::append_permitted_trailers(source_.trailers(), trailers_);
    return {{piece.data.data(), piece.data.size()}, piece.is_last, trailers_};
}

core::task<relay_end> relay::run(const protocol::body_piece& first, const protocol::sent& put) {
    source_pace_.move(first.received);
    sink_pace_.move(put.bytes);
    if (put.outcome == protocol::sent::state::failed) return relay_end::sink_failed;
    if (first.is_last && put.outcome == protocol::sent::state::done) return relay_end::done;
    return run_on(first.is_last, put);
}

core::task<relay_end> relay::run_on(bool is_last, protocol::sent put) {
    const auto end = co_await send_rest(sink_, put, setting_.sink_patience, &sink_pace_);
    if (end != relay_end::done || is_last) co_return end;
    co_return co_await copy();
}

// The next pieces of the body, as they come.
core::task<relay_end> relay::copy() {
    turn_taker turn;
    for (;;) {
        const auto piece = source_.read();
        if (piece.outcome == protocol::body_piece::state::blocked) {
            const bool may_wait = lets_wait_;
            bounded_wait wait(may_wait ? core::duration{0} : setting_.source_patience,
                              may_wait ? nullptr : &source_pace_);
            const auto status = co_await source_.readable(wait.until());
            const auto end = end_of_source(wait.end(status));
            if (end != relay_end::done) co_return end;
            continue;
        }
        lets_wait_ = false;
        if (piece.outcome != protocol::body_piece::state::data) co_return end_of_source(piece.outcome);
        source_pace_.move(piece.received);
        const auto out = outgoing_of(piece);
        const auto put = sink_.try_send(out);
        source_.note_passed_on(put.outcome == protocol::sent::state::done);
        sink_pace_.move(put.bytes);
        const auto end = co_await send_rest(sink_, put, setting_.sink_patience, &sink_pace_);
        if (end != relay_end::done || piece.is_last) co_return end;
        if (turn.is_over(piece.received)) {
            co_await core::asio::post(setting_.executor, core::use_task);
            if (setting_.stopped != nullptr && *setting_.stopped) co_return relay_end::cancelled;
        }
    }
}

}  // namespace gate::proxy
