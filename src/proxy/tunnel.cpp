#include <gate/core/random.hpp>
#include <gate/proxy/relay.hpp>
#include <gate/proxy/tunnel.hpp>

#include <boost/asio/post.hpp>

#include <array>

namespace gate::proxy {
namespace {

// How long a side may be silent once it has been told that it is over.
constexpr core::duration closing_patience{5000};
// How long the end may take in all.
constexpr core::duration closing_time{10000};

std::array<unsigned char, 4> masking_key() {
    std::array<unsigned char, 4> key;
    core::fill_with_random(key);
    return key;
}

// Whether `to` has taken everything; `patience` begins anew with each byte.
core::task<bool> write_all(net::stream& to, std::string_view text, core::duration patience) {
    while (!text.empty()) {
        const auto put = to.try_write(text);
        if (put.would_block()) {
            const auto until = core::deadline_after(core::clock::now(), patience);
            const auto status = co_await to.writable(until);
            if (status != net::wait_status::ready) co_return false;
            continue;
        }
        if (put.error != 0) co_return false;
        text.remove_prefix(put.bytes);
    }
    co_return true;
}

}  // namespace

tunnel::tunnel(net::buffer_pool& blocks, net::deadline_wheel& wheel, net::stream& downstream,
               net::stream& upstream, tunnel_limits limits)
    : blocks_(blocks),
      limits_(limits),
      upwards_{downstream, upstream},
      downwards_{upstream, downstream},
      deadline_(
          wheel, [](void* self) { static_cast<tunnel*>(self)->on_deadline(); }, this),
      masking_key_(masking_key()) {
    if (limits.lifetime.count() > 0) deadline_.set(core::clock::now() + limits.lifetime);
}

tunnel::~tunnel() {
    if (gone_ != nullptr) *gone_ = true;
}

core::task<> tunnel::run(std::string_view head, std::string_view first_up, std::string_view first_down) {
    const bool told = co_await write_all(downwards_.to, head, limits_.idle);
    if (!told) co_return;
    began_ = true;
    core::spawn(run_upwards(first_up));
    co_await copy(downwards_, first_down);
    co_await upwards_done_;
}

core::task<> tunnel::run_upwards(std::string_view first) {
    co_await copy(upwards_, first);
    upwards_done_.open();
}

void tunnel::begin_end(close_code code) noexcept {
    ends_ = true;
    code_ = code;
    deadline_.set(core::clock::now() + closing_time);
}

void tunnel::end(close_code code) {
    if (ends_) return;
    begin_end(code);
    wake();
}

void tunnel::stop(close_code code) {
    if (stopped_) return;
    stopped_ = true;
    begin_end(code);
    stop(downwards_);
    stop(upwards_);
    wake();
}

// Rule 29. Where a Close frame has gone out, there is nothing left to say.
void tunnel::stop(direction& way) noexcept {
    if (way.told) return;
    const bool is_whole =
        way.frames.is_between_frames() && (began_ || &way == &upwards_) && !way.to.must_repeat();
    if (is_whole && way.frames.has_closed()) return;
    const auto frame = goodbye(way);
    way.told = is_whole && way.to.try_write(frame.view()).bytes == frame.view().size();
    if (way.told) {
        way.frames = {};
    } else {
        way.to.cut();
    }
}

// The waiting coroutine looks again at what is to be done.
void tunnel::wake() {
    bool gone = false;  // what is woken may run to its end, and this object with it
    gone_ = &gone;
    for (auto* const side : {&upwards_.from, &downwards_.from}) {
        side->interrupt_reading(net::wait_status::ready);
        if (gone) return;
        side->interrupt_writing(net::wait_status::ready);
        if (gone) return;
    }
    gone_ = nullptr;
}

void tunnel::on_deadline() {
    if (ends_) {
        cut();
    } else {
        end(close_code::going_away);
    }
}

void tunnel::cut() noexcept {
    upwards_.from.cut();
    upwards_.to.cut();
}

// A side that has ended is told to the other, which may go on; a side that failed ends both. Once it is
// stopped, each side has been told, or cut: nothing is passed on, no end either.
core::task<> tunnel::copy(direction& way, std::string_view first) {
    auto how = ending::failure;
    try {
        how = co_await copy_bytes(way, first);
    } catch (const std::exception&) {
        how = ending::failure;  // out of memory
    }
    if (how == ending::failure && !stopped_) cut();
    if (how == ending::by_sender && !way.told && !stopped_) way.to.shutdown_send();
    if (&way == &upwards_ && ends_) {
        if (stopped_) upwards_.to.shutdown_send();
        client_is_done_ = !downwards_.to.is_cut();  // else the upstream has its moment to answer
        if (client_is_done_) downwards_.from.interrupt_reading(net::wait_status::ready);
    }
}

core::task<tunnel::ending> tunnel::copy_bytes(direction& way, std::string_view first) {
    bool taken = co_await forward(way, first);
    net::buffer_pool::block block;
    turn_taker turn;
    while (taken) {
        if (owes_goodbye(way)) {
            taken = co_await say_goodbye(way);
            continue;
        }
        if (is_over(way)) co_return ending::by_us;
        if (!block) block = blocks_.take();
        const auto got = way.from.try_read(block.span());
        if (got.would_block()) {
            block.release();
            const auto status = co_await way.from.readable(patience());
            const auto how = on_silence(status);
            if (how != ending::none) co_return how;
            continue;
        }
        if (got.eof) co_return ending::by_sender;
        if (got.error != 0) co_return ending::failure;
        last_byte_ = core::clock::now();
        taken = co_await forward(way, {block.data(), got.bytes});
        if (turn.is_over(got.bytes)) {
            co_await core::asio::post(way.from.socket().get_executor(), core::use_task);
        }
    }
    co_return ending::failure;
}

// Writes as long as there is something that may go out; what may not is thrown away, but for the Close frame
// that may be in it.
core::task<bool> tunnel::forward(direction& way, std::string_view data) {
    while (!data.empty() && !way.told && !stopped_) {
        if (owes_goodbye(way)) {
            const bool taken = co_await say_goodbye(way);
            if (!taken) co_return false;
            break;
        }
        const auto put = way.to.try_write(data.substr(0, sendable(way, data)));
        if (put.would_block()) {
            const auto until = core::deadline_after(core::clock::now(), limits_.idle);
            const auto status = co_await way.to.writable(until);
            if (status != net::wait_status::ready) co_return false;
            continue;
        }
        if (put.error != 0) co_return false;
        way.frames.pass(data.substr(0, put.bytes));
        way.bytes += put.bytes;
        data.remove_prefix(put.bytes);
    }
    way.frames.pass(data);
    co_return true;
}

// Once it is over, no more than the rest of a frame that has begun.
std::size_t tunnel::sendable(const direction& way, std::string_view data) const noexcept {
    if (!ends_ || way.frames.has_closed()) return data.size();
    auto ahead = way.frames;
    return ahead.pass_one(data);
}

bool tunnel::owes_goodbye(const direction& way) const noexcept {
    return ends_ && !stopped_ && !way.told && !way.frames.has_closed() && way.frames.is_between_frames() &&
           !way.to.must_repeat();
}

close_frame tunnel::goodbye(const direction& way) const noexcept {
    const bool as_client = &way == &upwards_;
    return as_client ? close_frame(code_, masking_key_) : close_frame(code_);
}

core::task<bool> tunnel::say_goodbye(direction& way) {
    way.told = true;
    way.frames = {};  // from here on it follows what is thrown away
    const auto frame = goodbye(way);
    const bool written = co_await write_all(way.to, frame.view(), closing_patience);
    co_return written;
}

// The client has answered our Close frame with its own; what the upstream says then is of no interest.
bool tunnel::is_over(const direction& way) const noexcept {
    if (!ends_) return false;
    const bool has_answered = (way.told || stopped_) && way.frames.has_closed();
    return &way == &upwards_ ? has_answered : client_is_done_ || (stopped_ && has_answered);
}

core::time_point tunnel::patience() const noexcept {
    if (ends_) return core::clock::now() + closing_patience;
    return core::deadline_after(last_byte_, limits_.idle);
}

tunnel::ending tunnel::on_silence(net::wait_status status) {
    if (status == net::wait_status::cancelled) return ending::failure;
    if (status == net::wait_status::ready) return ending::none;
    if (ends_) return ending::failure;
    if (core::clock::now() >= patience()) end(close_code::going_away);  // else the other side was busy
    return ending::none;
}

}  // namespace gate::proxy
