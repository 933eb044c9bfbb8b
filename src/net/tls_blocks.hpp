#pragma once
// Blocks for ciphertext, and for plaintext that is about to become some. A thread keeps the few that it uses
// again and again; a connection holds one only while bytes are in it, and may be handed to another thread.

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

namespace gate::net {

// Bytes from the front to the back of a block, which is there only while there are any.
class tls_block {
public:
    static constexpr std::size_t capacity = 68 * 1024;  // four of the largest records, and more

    tls_block() = default;
    ~tls_block() { clear(); }
    tls_block(const tls_block&) = delete;
    tls_block& operator=(const tls_block&) = delete;

    bool is_empty() const noexcept { return begin_ == end_; }
    std::string_view bytes() const noexcept { return {memory_.get() + begin_, end_ - begin_}; }

    // Where further bytes go, and how many have been put there. Empty: it is full, or there is no memory.
    std::span<char> room() noexcept;
    void add(std::size_t bytes) noexcept { end_ += bytes; }

    // Forgets the first ones; the memory goes with the last.
    void remove(std::size_t bytes) noexcept;
    void clear() noexcept;

private:
    std::unique_ptr<char[]> memory_;
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
};

}  // namespace gate::net
