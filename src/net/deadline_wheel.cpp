#include <gate/net/deadline_wheel.hpp>

#include <algorithm>
#include <cassert>

namespace gate::net {
namespace {

// The first tick at which a deadline has passed.
std::int64_t tick_after(core::time_point when) {
    const auto span = std::chrono::duration_cast<std::chrono::nanoseconds>(when.time_since_epoch());
    const std::chrono::nanoseconds step = deadline_wheel::tick;
    return (span.count() + step.count() - 1) / step.count();
}

std::int64_t tick_before(core::time_point now) {
    return now.time_since_epoch() / deadline_wheel::tick;
}

}  // namespace

deadline::~deadline() {
    if (is_linked()) wheel_.unlink(*this);
}

void deadline::set(core::time_point when) noexcept {
    when_ = when;
    if (when == core::never) return;
    const auto due = tick_after(when);
    if (is_linked()) {
        if (due >= tick_) return;
        wheel_.unlink(*this);
    }
    tick_ = due;
    wheel_.link(*this);
}

deadline_wheel::deadline_wheel(core::executor executor)
    : current_(tick_before(core::clock::now())), timer_(executor) {}

// An object with a deadline must not outlive the wheel.
deadline_wheel::~deadline_wheel() {
    assert(linked_ == 0);
}

void deadline_wheel::link(deadline& item) noexcept {
    if (linked_++ == 0) current_ = std::max(current_, tick_before(core::clock::now()));
    item.tick_ = std::clamp(item.tick_, current_ + 1, current_ + slots - 1);
    item.link_before(slots_[static_cast<std::size_t>(item.tick_ % slots)]);
    if (!running_) run_timer();
}

void deadline_wheel::unlink(deadline& item) noexcept {
    static_cast<detail::wheel_link&>(item).unlink();
    --linked_;
}

void deadline_wheel::advance(core::time_point now) {
    const auto target = tick_before(now);
    for (auto passed = std::min(target - current_, slots); passed > 0; --passed) {
        current_ = target - passed + 1;
        auto& slot = slots_[static_cast<std::size_t>(current_ % slots)];
        detail::wheel_link due;  // apart, because what fires may link and unlink others
        if (slot.is_linked()) {
            due.link_before(slot);
            slot.unlink();
        }
        while (due.is_linked()) {
            auto& item = static_cast<deadline&>(*due.next);
            unlink(item);
            if (item.when_ == core::never) continue;
            if (item.when_ > now) {
                item.tick_ = tick_after(item.when_);
                link(item);
                continue;
            }
            item.when_ = core::never;
            item.fire_(item.self_);
        }
    }
}

void deadline_wheel::run_timer() {
    running_ = true;
    timer_.expires_after(tick);
    timer_.async_wait([this](core::error_code ec) {
        running_ = false;
        if (ec) return;
        advance(core::clock::now());
        if (linked_ > 0 && !running_) run_timer();
    });
}

}  // namespace gate::net
