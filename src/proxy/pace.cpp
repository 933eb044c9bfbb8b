#include <gate/proxy/pace.hpp>

#include <algorithm>

namespace gate::proxy {
namespace {

// Longer than any exchange: what has moved so many bytes is not too slow any more.
constexpr std::chrono::hours longest{24 * 365};

}  // namespace

// The waiting for which the bytes so far have paid.
pace::span pace::allowed() const noexcept {
    constexpr std::uint64_t most = std::chrono::seconds(longest).count();
    const auto seconds = std::min(moved_ / rate_, most);
    const auto rest = seconds == most ? 0 : moved_ % rate_;
    const auto paid = std::chrono::duration<double>(static_cast<double>(rest) / static_cast<double>(rate_));
    return std::max(patience_, std::chrono::seconds(seconds) + std::chrono::duration_cast<span>(paid));
}

core::time_point pace::deadline(core::time_point now) const noexcept {
    if (rate_ == 0) return core::never;
    return now + std::max(span{0}, allowed() - waited_);
}

pace pace_of(const config::limit_options& limits) noexcept {
    const bool is_bounded = limits.body_timeout.count() > 0;
    return {limits.body_rate, is_bounded ? limits.body_timeout : config::limit_options{}.body_timeout};
}

}  // namespace gate::proxy
