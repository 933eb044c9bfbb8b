#pragma once
// Recycles coroutine frames within a thread, so that a warm connection allocates nothing per request. Frames
// are kept in lists by size class, bounded in number; larger or surplus frames go to the heap.

#include <cstddef>

namespace gate::core {

namespace detail {
// Constant-initialised, so that nobody pays for a check whether it has been.
extern constinit thread_local const void* last_frame;
}  // namespace detail

void* allocate_frame(std::size_t bytes);
// True if `frame` is what this thread allocated last.
inline bool is_last_frame(const void* frame) noexcept {
    return frame == detail::last_frame;
}
void free_frame(void* frame, std::size_t bytes) noexcept;

}  // namespace gate::core
