// How a session ends: by itself after its last answer, or because it is told to.
#include <gate/proxy/linger.hpp>
#include <gate/proxy/session.hpp>

#include <algorithm>

namespace gate::proxy {

using core::reason;

namespace {

// How long a client may go on sending after our last answer.
constexpr core::duration linger_time{30000};

}  // namespace

// The last answer has gone: the client has some time to read it.
core::task<> session::wait_for_end() {
    if (memory_) resources_.memories.give_back(std::move(memory_));
    const auto now = core::clock::now();
    linger_until_ = std::min(leave_by_, now + (resources_.closing ? linger_patience : linger_time));
    if (leave_by_ == core::never) resources_.idle.add(*this, now);
    return linger(downstream_, resources_.blocks, linger_until_);
}

// Where the response is complete, the client may still read it: only what is unfinished is cut.
void session::cut() {
    if (is_waiting_) {
        owner_.on_end(*this);
    } else if (discards_ || is_lingering()) {
        leave(core::clock::now());
    } else {
        if (current_ != nullptr) current_->cut(reason::draining);
        downstream_.cut();
    }
}

void session::make_way() {
    resources_.idle.remove(*this);
    if (is_waiting_) {
        owner_.on_end(*this);
    } else if (discards_ || is_lingering()) {
        const auto now = core::clock::now();
        leave(owner_.release_place(*this) ? now + linger_patience : now);
    } else if (current_ == nullptr) {
        downstream_.interrupt_reading(net::wait_status::cancelled);  // no head comes any more
    } else {
        downstream_.cut();  // its answer is not taken; the place counts as taken until the event loop tells
    }
}

// Its last answer has gone: the client may read that until then.
void session::leave(core::time_point by) {
    leave_by_ = std::min(leave_by_, by);
    if (discards_) {
        downstream_.interrupt_reading(net::wait_status::cancelled);
    } else {
        linger_until_ = std::min(linger_until_, leave_by_);
        downstream_.interrupt_reading(net::wait_status::ready);
    }
}

void session::drain() {
    if (is_lingering()) {  // its answer has gone: it may read it, but not hold us up
        linger_until_ = std::min(linger_until_, core::clock::now() + linger_patience);
    } else if (current_ != nullptr) {
        current_->drain();
    } else if (is_waiting_ && !downstream_.peek().has_data) {
        owner_.on_end(*this);
    }
}

}  // namespace gate::proxy
