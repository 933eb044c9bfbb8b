#pragma once
// Writes whole lines to a descriptor that may be slow, or blocked for good: a pipe that no process reads.
// Waits for it without being caught in a write that cannot be left, so that the program can still end.
//
// write() is for one thread; the rest is thread-safe.

#include <atomic>
#include <chrono>
#include <string_view>

namespace gate::telemetry {

class line_sink {
public:
    // Writes to `fd`, which stays the caller's and is not made non-blocking (others may share it).
    explicit line_sink(int fd);

    // Writes all of `lines`, waiting as long as it takes. False when the descriptor fails, or after
    // give_up_after() when it takes nothing any more; some of the lines may have been written then.
    bool write(std::string_view lines);

    // From now on, write() fails once the descriptor has taken nothing for `patience`, and immediately after
    // that.
    void give_up_after(std::chrono::milliseconds patience) noexcept { patience_ = patience.count(); }

private:
    enum class kind { file, socket, pipe };

    bool wait_until_writable();
    std::string_view next_piece(std::string_view lines) const;

    const int fd_;
    const kind kind_;
    std::atomic<std::chrono::milliseconds::rep> patience_{-1};  // negative: endless
    bool gave_up_ = false;  // for good: the lines to come do not wait as long again
};

}  // namespace gate::telemetry
