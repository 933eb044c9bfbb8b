#pragma once
// Memory that nobody may touch for the time being, as AddressSanitizer is told. Nothing in other builds.

#include <cstddef>
#include <span>

#if defined(__SANITIZE_ADDRESS__)
#define GATE_POISONS 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define GATE_POISONS 1
#endif
#endif

#ifdef GATE_POISONS
#include <sanitizer/asan_interface.h>
#endif

namespace gate::core {

#ifdef GATE_POISONS
inline constexpr bool poisons_memory = true;

inline void poison(std::span<const std::byte> memory) noexcept {
    __asan_poison_memory_region(memory.data(), memory.size());
}
inline void unpoison(std::span<const std::byte> memory) noexcept {
    __asan_unpoison_memory_region(memory.data(), memory.size());
}
inline bool is_poisoned(const void* at) noexcept {
    return __asan_address_is_poisoned(at) != 0;
}
#else
inline constexpr bool poisons_memory = false;

inline void poison(std::span<const std::byte>) noexcept {}
inline void unpoison(std::span<const std::byte>) noexcept {}
inline bool is_poisoned(const void*) noexcept {
    return false;
}
#endif

}  // namespace gate::core
