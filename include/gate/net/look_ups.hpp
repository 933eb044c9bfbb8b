#pragma once
// Whether a look-up of a name is under way somewhere in the process. It cannot be ended: Asio's thread sits
// in getaddrinfo, and what destroys its io_context waits for that thread, for as long as a name server is
// silent.

#include <atomic>
#include <utility>

namespace gate::net {

// Lives as long as one look-up. Thread-safe.
class look_up_mark {
public:
    look_up_mark() noexcept { count.fetch_add(1, std::memory_order_relaxed); }
    look_up_mark(look_up_mark&& from) noexcept : counts_(std::exchange(from.counts_, false)) {}
    look_up_mark& operator=(look_up_mark&&) = delete;
    ~look_up_mark() {
        if (counts_) count.fetch_sub(1, std::memory_order_relaxed);
    }

    // Of this moment.
    static bool are_any() noexcept { return count.load(std::memory_order_relaxed) != 0; }

private:
    static inline std::atomic<unsigned> count{0};
    bool counts_ = true;
};

}  // namespace gate::net
