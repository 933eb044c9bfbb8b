#pragma once
// Passes objects from one thread to one other, in order and without a lock: a ring of fixed length.

#include <array>
#include <atomic>
#include <cstddef>
#include <memory>
#include <utility>

namespace gate::exporting {

// push() belongs to one thread, pop() to one other.
template <class T, std::size_t Length>
class handover {
public:
    handover() = default;
    ~handover() {
        while (pop()) {
        }
    }
    handover(const handover&) = delete;
    handover& operator=(const handover&) = delete;

    // False: the ring is full, and `what` stays where it is.
    bool push(std::unique_ptr<T>& what) noexcept {
        const auto at = pushed_.load(std::memory_order_relaxed);
        if (at - popped_.load(std::memory_order_acquire) == Length) return false;
        slots_[at % Length] = std::move(what);
        pushed_.store(at + 1, std::memory_order_release);
        return true;
    }

    // Null: there is none.
    std::unique_ptr<T> pop() noexcept {
        const auto at = popped_.load(std::memory_order_relaxed);
        if (at == pushed_.load(std::memory_order_acquire)) return nullptr;
        auto out = std::move(slots_[at % Length]);
        popped_.store(at + 1, std::memory_order_release);
        return out;
    }

    // Of this moment, for either thread.
    bool is_empty() const noexcept {
        return popped_.load(std::memory_order_acquire) == pushed_.load(std::memory_order_acquire);
    }

private:
    std::array<std::unique_ptr<T>, Length> slots_;
    alignas(64) std::atomic<std::size_t> pushed_{0};
    alignas(64) std::atomic<std::size_t> popped_{0};
};

}  // namespace gate::exporting
