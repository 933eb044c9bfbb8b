#include <gate/proxy/relay.hpp>
#include <gate/proxy/tunnel.hpp>

#include <boost/asio/post.hpp>

#include <array>
#include <bit>
#include <random>

namespace gate::proxy {
namespace {

// How long a side may be silent once it has been told that it is over.
constexpr core::duration closing_patience{5000};
// How long the end may take in all.
constexpr core::duration closing_time{10000};

std::array<unsigned char, 4> masking_key() {
    std::random_device random;
    const auto bits = random();
    return std::bit_cast<std::array<unsigned char, 4>>(bits);
}

}  // namespace

tunnel::tunnel(net::buffer_pool& blocks, net::deadline_wheel& wheel, net::stream& downstream,
               net::stream& upstream, tunnel_limits limits) noexcept
    : blocks_(blocks),
      limits_(limits),
      upwards_{downstream, upstream},
      downwards_{upstream, downstream},
      deadline_(
          wheel, [](void* self) { static_cast<tunnel*>(self)->on_deadline(); }, this) {
    if (limits.lifetime.count() > 0) deadline_.set(core::clock::now() + limits.lifetime);
}

tunnel::~tunnel() {
    if (gone_ != nullptr) *gone_ = true;
}

core::task<> tunnel::run(std::string_view head, std::string_view first_up, std::string_view first_down) {
    gather out;
    out.add(head);
    const auto told = co_await write_all(downwards_.to, out, limits_.idle);
    if (told != relay_end::done) co_return;
    core::spawn(run_upwards(first_up));
    co_await copy(downwards_, first_down);
    co_await upwards_done_;
}

core::task<> tunnel::run_upwards(std::string_view first) {
    co_await copy(upwards_, first);
    upwards_done_.open();
}

void tunnel::end(close_code code) {
    if (ends_) return;
    ends_ = true;
    code_ = code;
    deadline_.set(core::clock::now() + closing_time);
    bool gone = false;  // what is woken may run to its end, and this object with it
    gone_ = &gone;
    upwards_.from.interrupt_reading(net::wait_status::ready);
    if (gone) return;
    gone_ = nullptr;
    downwards_.from.interrupt_reading(net::wait_status::ready);
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

// A side that has ended is told to the other, which may go on; a side that failed ends both.
core::task<> tunnel::copy(direction& way, std::string_view first) {
    auto how = ending::failure;
    try {
        how = co_await copy_bytes(way, first);
    } catch (const std::exception&) {
        how = ending::failure;  // out of memory
    }
    if (how == ending::failure) cut();
    if (how == ending::by_sender && !way.told) way.to.shutdown_send();
    if (&way == &upwards_ && ends_) {
        client_is_done_ = true;
        downwards_.from.interrupt_reading(net::wait_status::ready);
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

// Once it is over, no more than the rest of a frame that has begun.
core::task<bool> tunnel::forward(direction& way, std::string_view data) {
    if (way.told) {
        way.frames.pass(data);
        co_return true;
    }
    auto size = data.size();
    const bool is_last = ends_ && !way.frames.has_closed();
    if (is_last) {
        size = way.frames.pass_one(data);
    } else {
        way.frames.pass(data);
    }
    way.bytes += size;
    gather out;
    out.add(data.substr(0, size));
    const auto written = co_await write_all(way.to, out, limits_.idle);
    if (written != relay_end::done) co_return false;
    if (!is_last || !owes_goodbye(way)) co_return true;
    const bool taken = co_await say_goodbye(way);
    way.frames.pass(data.substr(size));
    co_return taken;
}

bool tunnel::owes_goodbye(const direction& way) const noexcept {
    return ends_ && !way.told && !way.frames.has_closed() && way.frames.is_between_frames();
}

core::task<bool> tunnel::say_goodbye(direction& way) {
    way.told = true;
    way.frames = {};  // from here on it follows what is thrown away
    const bool as_client = &way == &upwards_;
    const auto frame = as_client ? close_frame(code_, masking_key()) : close_frame(code_);
    gather out;
    out.add(frame.view());
    const auto written = co_await write_all(way.to, out, closing_patience);
    co_return written == relay_end::done;
}

// The client has answered our Close frame with its own; what the upstream says then is of no interest.
bool tunnel::is_over(const direction& way) const noexcept {
    if (!ends_) return false;
    return &way == &upwards_ ? way.told && way.frames.has_closed() : client_is_done_;
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
