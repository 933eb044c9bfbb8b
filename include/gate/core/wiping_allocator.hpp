#pragma once
// An allocator that overwrites memory before it frees it, for buffers of libraries that may hold secrets.

#include <openssl/crypto.h>

#include <cstddef>
#include <memory>

namespace gate::core {

template <class T>
class wiping_allocator {
public:
    using value_type = T;

    wiping_allocator() = default;
    template <class U>
    // NOLINTNEXTLINE(google-explicit-constructor): conversions between allocators are implicit
    wiping_allocator(const wiping_allocator<U>&) noexcept {}

    T* allocate(std::size_t count) { return std::allocator<T>().allocate(count); }
    void deallocate(T* memory, std::size_t count) noexcept {
        OPENSSL_cleanse(memory, count * sizeof(T));
        std::allocator<T>().deallocate(memory, count);
    }

    friend bool operator==(const wiping_allocator&, const wiping_allocator&) noexcept { return true; }
};

}  // namespace gate::core
