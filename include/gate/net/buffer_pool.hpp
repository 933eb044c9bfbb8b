#pragma once
// Blocks of memory that are held only while bytes are in them. The block given back last is handed out first,
// so a busy worker keeps using the same few that are in its caches. Not thread-safe: one pool per worker.

#include <cstddef>
#include <memory>
#include <span>
#include <utility>
#include <vector>

namespace gate::net {

class buffer_pool {
public:
    // Keeps at most `kept` free blocks; the users bound how many are in use.
    buffer_pool(std::size_t block_size, std::size_t kept) : block_size_(block_size), kept_(kept) {}

    class block {
    public:
        block() = default;
        block(block&& other) noexcept
            : pool_(std::exchange(other.pool_, nullptr)), memory_(std::move(other.memory_)) {}
        block& operator=(block&& other) noexcept {
            release();
            pool_ = std::exchange(other.pool_, nullptr);
            memory_ = std::move(other.memory_);
            return *this;
        }
        ~block() { release(); }

        explicit operator bool() const noexcept { return memory_ != nullptr; }
        char* data() const noexcept { return memory_.get(); }
        std::size_t size() const noexcept { return pool_->block_size_; }
        std::span<char> span() const noexcept { return {data(), size()}; }
        void release() noexcept {
            if (memory_) pool_->put(std::move(memory_));
        }

    private:
        friend class buffer_pool;
        block(buffer_pool& pool, std::unique_ptr<char[]> memory) : pool_(&pool), memory_(std::move(memory)) {}

        buffer_pool* pool_ = nullptr;
        std::unique_ptr<char[]> memory_;
    };

    std::size_t block_size() const noexcept { return block_size_; }

    block take() {
        if (free_.empty()) return {*this, std::make_unique_for_overwrite<char[]>(block_size_)};
        auto memory = std::move(free_.back());
        free_.pop_back();
        return {*this, std::move(memory)};
    }

private:
    void put(std::unique_ptr<char[]> memory) noexcept {
        if (free_.size() < kept_) free_.push_back(std::move(memory));
    }

    std::size_t block_size_;
    std::size_t kept_;
    std::vector<std::unique_ptr<char[]>> free_;
};

}  // namespace gate::net
