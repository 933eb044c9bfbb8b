#include <gate/auth/failed_tokens.hpp>
#include <gate/core/mix.hpp>

#include <algorithm>
#include <cstring>

namespace gate::auth {

std::size_t failed_tokens::hash::operator()(const client_id& who) const noexcept {
    std::uint64_t halves[2];
    std::memcpy(halves, who.bytes.data(), sizeof halves);
    return core::mix(core::mix(seed ^ halves[0]) ^ halves[1]);
}

failed_tokens::failed_tokens(const options& how, std::uint64_t seed)
    : max_clients_(how.clients), places_(0, hash{seed}) {
    configure(how);
}

void failed_tokens::configure(const options& how) {
    using span = core::time_point::duration;
    const core::lock_guard lock(mutex_);
    window_ = how.window;
    per_token_ = how.tokens == 0 ? span{0} : span(how.window) / static_cast<span::rep>(how.tokens);
}

std::chrono::seconds failed_tokens::time_left(const client_id& who, core::time_point now) {
    const core::lock_guard lock(mutex_);
    if (per_token_.count() == 0) return std::chrono::seconds{0};
    const auto found = places_.find(who);
    if (found == places_.end()) return std::chrono::seconds{0};
    // No later than a window from now, as long as that was when it failed.
    const auto full_at = std::min(found->second->full_at, now + window_);
    const auto next = full_at - window_ + per_token_;
    return next <= now ? std::chrono::seconds{0} : std::chrono::ceil<std::chrono::seconds>(next - now);
}

void failed_tokens::add(const client_id& who, core::time_point now) {
    const core::lock_guard lock(mutex_);
    if (per_token_.count() == 0) return;
    auto found = places_.find(who);
    if (found == places_.end()) {
        if (places_.size() >= max_clients_) {
            places_.erase(order_.back().client);
            order_.pop_back();
        }
        order_.push_front({who, now});
        found = places_.emplace(who, order_.begin()).first;
    } else {
        order_.splice(order_.begin(), order_, found->second);
    }
    // Calls that were under way together may take more than there was.
    auto& full_at = found->second->full_at;
    full_at = std::min(std::max(full_at, now) + per_token_, now + window_);
}

std::size_t failed_tokens::clients() const {
    const core::lock_guard lock(mutex_);
    return places_.size();
}

}  // namespace gate::auth
