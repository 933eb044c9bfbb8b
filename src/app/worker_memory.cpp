#include <gate/app/worker_memory.hpp>
#include <gate/core/frame_pool.hpp>
#include <gate/proxy/session_resources.hpp>

#include <malloc.h>

namespace gate::app {
namespace {

constexpr std::size_t block_size = 64 * 1024;
constexpr std::size_t blocks_kept = core::recycles_memory ? 8 : 0;
// For large bodies: at most 2 MiB for each worker, however many of them wait for a peer that takes nothing.
constexpr std::size_t large_block_size = 256 * 1024;
constexpr std::size_t most_large_blocks = 8;
constexpr std::size_t large_blocks_kept = core::recycles_memory ? 2 : 0;
constexpr std::size_t memories_kept = core::recycles_memory ? 1024 : 0;

// Below these the pools are not trimmed any more.
constexpr std::size_t few_memories = 8;
constexpr std::size_t few_frames = 64 * 1024;  // bytes
constexpr int calm_rounds = 2;                 // after a burst, until it is taken to be over

// What is free lies between what is in use: the heap gives it back to the system only when told to.
void give_back_free_pages() noexcept {
#ifdef __GLIBC__
    malloc_trim(0);
#endif
}

}  // namespace

worker_memory::worker_memory(net::deadline_wheel& wheel)
    : large_blocks(large_block_size, large_blocks_kept),
      blocks(block_size, blocks_kept, &large_blocks, most_large_blocks),
      memories(memories_kept),
      trim_due(
          wheel, [](void* self) { static_cast<worker_memory*>(self)->trim(); }, this) {}

// Again and again after requests, until no more is kept than a few of them need.
void worker_memory::trim() noexcept {
    large_blocks.trim();
    const auto kept = memories.trim();
    const auto frames = core::trim_frames();
    if (kept > few_memories || frames > few_frames) {
        calm_in = calm_rounds;
    } else if (calm_in > 0 && --calm_in == 0) {
        give_back_free_pages();
    }
    if (calm_in > 0) trim_due.set(core::clock::now() + proxy::trim_interval);
}

}  // namespace gate::app
