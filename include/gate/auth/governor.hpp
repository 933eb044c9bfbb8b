#pragma once
// Decides whether a call to Gate may be made now. The quota belongs to the whole organization and nobody else
// guards it: calls made while Gate has told us to wait count too, and lengthen the wait.

#include <gate/core/clock.hpp>
#include <gate/core/mutex.hpp>
#include <gate/core/reason.hpp>

#include <chrono>
#include <cstdint>

namespace gate::auth {

// Without a usable Retry-After: the window is rolling and its length is not published, so a second is long
// enough to see whether room has come, and short enough not to lose it.
inline constexpr std::chrono::seconds default_retry_after{1};
// Gate's word is taken up to here: a mistake there must not stop us for a day.
inline constexpr std::chrono::seconds max_retry_after{3600};

struct admission {
    bool granted = false;
    core::reason why = core::reason::none;  // of a refusal: gate_rate_limited or gate_busy
    std::chrono::seconds retry_after{0};    // of gate_rate_limited: time left, at least 1 s
};

// Pure: event, now -> action.
class governor_core {
public:
    explicit governor_core(std::size_t max_calls) noexcept : max_calls_(max_calls) {}

    // May a call start now? If granted, it is under way until ended() is told.
    admission ask(core::time_point now) noexcept;

    void ended() noexcept;

    // A 429 came: no call until retry_after (0: not said) has passed. Never opens earlier than an earlier 429
    // said.
    void rate_limited(std::chrono::seconds retry_after, core::time_point now) noexcept;

    // Until a call may be made again: whole seconds, rounded up; 0 when nothing forbids one.
    std::chrono::seconds time_left(core::time_point now) const noexcept;

    std::size_t under_way() const noexcept { return under_way_; }

private:
    std::size_t max_calls_;
    std::size_t under_way_ = 0;
    core::time_point closed_until_ = core::time_point::min();
};

// The same behind a mutex. Thread-safe.
class governor {
public:
    explicit governor(std::size_t max_calls) noexcept : core_(max_calls) {}

    admission ask(core::time_point now);
    void ended();
    void rate_limited(std::chrono::seconds retry_after, core::time_point now);
    std::chrono::seconds time_left(core::time_point now) const;
    std::size_t under_way() const;

    struct refusals {
        std::uint64_t rate_limited = 0;
        std::uint64_t busy = 0;
    };
    refusals refused() const;

private:
    mutable core::mutex mutex_;
    governor_core core_ GATE_GUARDED_BY(mutex_);
    refusals refused_ GATE_GUARDED_BY(mutex_);
};

}  // namespace gate::auth
