#pragma once
// How many events there were within a rolling window. Pure; O(1) amortised; not thread-safe.

#include <gate/core/clock.hpp>

#include <array>
#include <cstddef>
#include <cstdint>

namespace gate::auth {

// Counts in slices of a 60th of the window, and forgets a slice only when all of it is out of the window:
// what is counted is a slice or two too much, never too little.
class rolling_count {
public:
    explicit rolling_count(core::duration window) noexcept : slice_((window.count() + slices - 1) / slices) {}

    void add(core::time_point now) noexcept {
        advance(now);
        ++counts_[index_of(newest_)];
        ++total_;
    }

    // One that was added lately has not been an event. Nothing where there is none.
    void take_back(core::time_point now) noexcept {
        advance(now);
        for (auto each = newest_; total_ != 0; --each) {
            auto& count = counts_[index_of(each)];
            if (count == 0) continue;
            --count;
            --total_;
            return;
        }
    }

    // The same events in a window of another length: all that still count do so as if they were of now, so
    // that none is forgotten too early.
    void change_window(core::duration window, core::time_point now) noexcept {
        const auto events = total(now);
        *this = rolling_count(window);
        advance(now);
        total_ = counts_[index_of(newest_)] = events;
    }

    std::uint32_t total(core::time_point now) noexcept {
        advance(now);
        return total_;
    }

    // When there will be one less, if nothing is added; `now` if there is nothing.
    core::time_point next_decrease(core::time_point now) noexcept {
        advance(now);
        if (total_ == 0) return now;
        for (auto each = newest_ - slices;; ++each) {
            if (counts_[index_of(each)] != 0) return core::time_point(slice_ * (each + slices + 1));
        }
    }

private:
    static constexpr std::int64_t slices = 60;

    static std::size_t index_of(std::int64_t slice) noexcept {
        return static_cast<std::size_t>((slice % (slices + 1) + slices + 1) % (slices + 1));
    }

    // Time does not go backwards, but threads that have read the clock may arrive here out of order.
    void advance(core::time_point now) noexcept {
        const auto current = now.time_since_epoch() / slice_;
        if (current <= newest_) return;
        const auto passed = current - newest_ > slices ? slices + 1 : current - newest_;
        for (std::int64_t i = 0; i < passed; ++i) {
            auto& left = counts_[index_of(current - i)];
            total_ -= left;
            left = 0;
        }
        newest_ = current;
    }

    core::duration slice_;  // at least 1 ms
    std::int64_t newest_ = 0;
    std::uint32_t total_ = 0;
    std::array<std::uint32_t, static_cast<std::size_t>(slices) + 1> counts_{};
};

}  // namespace gate::auth
