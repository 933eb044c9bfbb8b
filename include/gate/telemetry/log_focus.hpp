#pragma once
// The one account, or the one token, whose requests are logged whatever the configuration says: so that an
// operator can watch a single caller on a busy proxy.

#include <gate/core/mutex.hpp>

#include <atomic>
#include <string>
#include <string_view>

namespace gate::telemetry {

// Thread-safe. A request costs one load while nobody is watched.
class log_focus {
public:
    enum class subject { account, token_fingerprint };

    void watch(subject what, std::string_view is);
    void watch_nobody();

    bool is_set() const noexcept { return is_set_.load(std::memory_order_relaxed); }
    // Empty texts are nobody's.
    bool covers(std::string_view account, std::string_view fingerprint) const;

private:
    std::atomic<bool> is_set_{false};
    mutable core::mutex mutex_;
    subject subject_ GATE_GUARDED_BY(mutex_) = subject::account;
    std::string is_ GATE_GUARDED_BY(mutex_);  // empty: nobody
};

}  // namespace gate::telemetry
