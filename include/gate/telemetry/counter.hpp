#pragma once
// Numbers that one thread writes and any thread may read: relaxed loads and stores, no read-modify-write. A
// reader sees each number whole, and never an older value than it saw before; it sees no order between two of
// them.

#include <atomic>
#include <cstdint>

namespace gate::telemetry {

// Only ever grows. Written by its owner's thread alone.
class counter {
public:
    void add(std::uint64_t n = 1) noexcept { value_.store(value() + n, std::memory_order_relaxed); }
    std::uint64_t value() const noexcept { return value_.load(std::memory_order_relaxed); }

private:
    std::atomic<std::uint64_t> value_{0};
};

// Goes up and down. Written by its owner's thread alone.
class gauge {
public:
    void add(std::int64_t n = 1) noexcept { value_.store(value() + n, std::memory_order_relaxed); }
    void sub(std::int64_t n = 1) noexcept { add(-n); }
    void set(std::int64_t n) noexcept { value_.store(n, std::memory_order_relaxed); }
    std::int64_t value() const noexcept { return value_.load(std::memory_order_relaxed); }

private:
    std::atomic<std::int64_t> value_{0};
};

}  // namespace gate::telemetry
