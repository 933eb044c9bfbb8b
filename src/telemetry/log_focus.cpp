#include <gate/telemetry/log_focus.hpp>

namespace gate::telemetry {

void log_focus::watch(subject what, std::string_view is) {
    const core::lock_guard lock(mutex_);
    subject_ = what;
    is_ = is;
    is_set_.store(!is_.empty(), std::memory_order_relaxed);
}

void log_focus::watch_nobody() {
    const core::lock_guard lock(mutex_);
    is_.clear();
    is_set_.store(false, std::memory_order_relaxed);
}

bool log_focus::covers(std::string_view account, std::string_view fingerprint) const {
    if (!is_set()) return false;
    const core::lock_guard lock(mutex_);
    return !is_.empty() && is_ == (subject_ == subject::account ? account : fingerprint);
}

}  // namespace gate::telemetry
