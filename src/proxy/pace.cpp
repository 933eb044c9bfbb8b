#include <gate/proxy/pace.hpp>

#include <algorithm>

namespace gate::proxy {
namespace {

using seconds = std::chrono::duration<double>;

}  // namespace

// Of the bytes so far, those that count: what the waiting so far asks for, and as much again as the patience
// does.
std::uint64_t pace::counted() const noexcept {
    const auto most = seconds(waited_ + patience_).count() * static_cast<double>(rate_);
    return static_cast<double>(moved_) < most ? moved_ : static_cast<std::uint64_t>(most);
}

// The waiting for which the bytes so far have paid.
pace::span pace::allowed() const noexcept {
    const seconds paid(static_cast<double>(counted()) / static_cast<double>(rate_));
    return std::max<span>(patience_, std::chrono::duration_cast<span>(paid));
}

void pace::wait(span time) noexcept {
    if (rate_ == 0) return;
    moved_ = counted();
    waited_ += time;
}

core::time_point pace::deadline(core::time_point now) const noexcept {
    if (rate_ == 0) return core::never;
    return now + std::max(span{0}, allowed() - waited_);
}

pace pace_of(std::size_t body_rate, core::duration body_timeout) noexcept {
    const bool is_bounded = body_timeout.count() > 0;
    return {body_rate, is_bounded ? body_timeout : config::limit_options{}.body_timeout};
}

}  // namespace gate::proxy
