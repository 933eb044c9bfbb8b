#pragma once
// Recycles coroutine frames within a thread, so that a warm connection allocates nothing per request. Frames
// are kept in lists by size class, bounded in bytes; larger or surplus frames go to the heap.

#include <cstddef>

namespace gate::core {

// The sanitizers have to see memory come and go: pools keep nothing then.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool recycles_memory = false;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
inline constexpr bool recycles_memory = false;
#else
inline constexpr bool recycles_memory = true;
#endif
#else
inline constexpr bool recycles_memory = true;
#endif

namespace detail {
// Constant-initialised, so that no call pays for a check whether it has been.
extern constinit thread_local const void* last_frame;
}  // namespace detail

void* allocate_frame(std::size_t bytes);
// True if `frame` is what this thread allocated last.
inline bool is_last_frame(const void* frame) noexcept {
    return frame == detail::last_frame;
}
void free_frame(void* frame, std::size_t bytes) noexcept;

// Gives back to the heap what this thread has kept and not needed since the last call; returns how many bytes
// it still keeps.
std::size_t trim_frames() noexcept;

}  // namespace gate::core
