#include <gate/core/frame_pool.hpp>

#include <algorithm>
#include <array>
#include <new>
#include <utility>

namespace gate::core {
namespace {

constexpr std::size_t granularity = 128;
constexpr std::size_t classes = 24;  // frames up to 3 KiB
// As much as the frames of a thousand exchanges: those that run simultaneously allocate nothing.
constexpr std::size_t kept_bytes = std::size_t{4} << 20;

struct free_node {
    free_node* next;
};

// Trivial, and constant-initialised: see detail::last_frame.
struct free_lists {
    std::array<free_node*, classes> head;
    std::size_t kept;   // bytes
    std::size_t least;  // of them since the last trim_frames()
    bool has_keeper;
};

constinit thread_local free_lists lists{};

// Frees what is kept when the thread ends. Made when the thread keeps its first frame.
struct keeper {
    keeper() { lists.has_keeper = true; }
    ~keeper() {
        for (auto* node : lists.head) {
            while (node != nullptr) ::operator delete(std::exchange(node, node->next));
        }
        lists = {};
    }
    keeper(const keeper&) = delete;
    keeper& operator=(const keeper&) = delete;
};

void register_keeper() {
    thread_local keeper one;
    (void)one;
}

constexpr std::size_t class_of(std::size_t bytes) {
    return (bytes - 1) / granularity;
}

void* take_frame(std::size_t bytes) {
    const auto index = class_of(bytes);
    if (!recycles_memory || index >= classes) return ::operator new(bytes);
    auto& own = lists;
    if (auto* node = own.head[index]) {
        own.head[index] = node->next;
        __builtin_prefetch(node->next);  // the next frame of this size: with many at once it has cooled down
        own.kept -= (index + 1) * granularity;
        own.least = std::min(own.least, own.kept);
        return node;
    }
    return ::operator new((index + 1) * granularity);
}

}  // namespace

constinit thread_local const void* detail::last_frame = nullptr;

void* allocate_frame(std::size_t bytes) {
    void* frame = take_frame(bytes);
    detail::last_frame = frame;
    return frame;
}

void free_frame(void* frame, std::size_t bytes) noexcept {
    const auto index = class_of(bytes);
    auto& own = lists;
    if (!recycles_memory || index >= classes || own.kept >= kept_bytes) {
        ::operator delete(frame);
        return;
    }
    if (!own.has_keeper) register_keeper();
    own.head[index] = new (frame) free_node{own.head[index]};
    own.kept += (index + 1) * granularity;
}

std::size_t trim_frames() noexcept {
    auto& own = lists;
    for (std::size_t index = classes; index-- > 0;) {
        const auto size = (index + 1) * granularity;
        while (own.head[index] != nullptr && own.least >= size) {
            ::operator delete(std::exchange(own.head[index], own.head[index]->next));
            own.kept -= size;
            own.least -= size;
        }
    }
    own.least = own.kept;
    return own.kept;
}

}  // namespace gate::core
