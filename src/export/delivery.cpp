#include <gate/export/delivery.hpp>

#include <algorithm>

namespace gate::exporting {

bool delivery::may_begin(core::time_point now) const noexcept {
    if (now < held_until_ || now >= deadline_) return false;
    return under_way_ < (failures_ == 0 ? most_calls : 1);
}

delivery::action delivery::end(outcome how, unsigned attempts,
                               std::optional<std::chrono::seconds> retry_after, core::time_point now,
                               std::uint64_t random) noexcept {
    --under_way_;
    if (how != outcome::may_retry) {
        failures_ = 0;  // a pause that another call was told goes on
        return how == outcome::accepted ? action::forget : action::drop;
    }
    auto pause = pause_after_failure(random);
    if (retry_after) {
        constexpr auto longest = std::chrono::duration_cast<std::chrono::seconds>(longest_said_pause);
        pause = std::max<core::duration>(pause, std::clamp(*retry_after, std::chrono::seconds{0}, longest));
    }
    failures_ = std::min(failures_ + 1, 16U);
    held_until_ = std::max(held_until_, now + pause);
    return attempts >= most_attempts || held_until_ >= deadline_ ? action::drop : action::send_again;
}

// Between one and one and a half times of it, so that many that have failed together do not come together.
core::duration delivery::pause_after_failure(std::uint64_t random) const noexcept {
    const auto doubled = std::min(first_pause * (1 << failures_), longest_pause);
    return doubled + doubled * static_cast<core::duration::rep>(random % 256) / 512;
}

}  // namespace gate::exporting
