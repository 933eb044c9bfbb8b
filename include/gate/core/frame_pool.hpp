#pragma once
// Recycles coroutine frames within a thread, so that a warm connection allocates nothing per request. Frames
// are kept in lists by size class, bounded in number; larger or surplus frames go to the heap.

#include <cstddef>

namespace gate::core {

void* allocate_frame(std::size_t bytes);
// True if `frame` is what this thread allocated last.
bool is_last_frame(const void* frame) noexcept;
void free_frame(void* frame, std::size_t bytes) noexcept;

}  // namespace gate::core
