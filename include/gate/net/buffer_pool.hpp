#pragma once
// Blocks of memory that are held only while bytes are in them. The block given back last is handed out first,
// so a busy worker keeps using the same few that are in its caches. Not thread-safe: one pool per worker.
//
// A pool may have a pool of larger blocks beside it, for bodies: each call of the kernel costs, whatever it
// moves. There is a bound to how many of those are in use, so that peers that take nothing hold no more
// memory: when all are taken, there are the usual ones.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <utility>
#include <vector>

namespace gate::net {

class buffer_pool {
public:
    // Keeps at most `kept` free blocks; the users bound how many are in use. `larger`, if any, outlives this
    // pool: `most_larger` of its blocks are in use at the same time.
    buffer_pool(std::size_t block_size, std::size_t kept, buffer_pool* larger = nullptr,
                std::size_t most_larger = 0)
        : block_size_(block_size), kept_(kept), larger_(larger), most_larger_(most_larger) {}
    buffer_pool(const buffer_pool&) = delete;
    buffer_pool& operator=(const buffer_pool&) = delete;

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
        ++used_;
        if (free_.empty()) return allocate();
        auto memory = std::move(free_.back());
        free_.pop_back();
        return {*this, std::move(memory)};
    }
    // A larger one, if so many bytes fill it and one is left.
    block take_for(std::uint64_t bytes) {
        const bool is_for_larger = larger_ != nullptr && bytes >= larger_->block_size_;
        return is_for_larger && larger_->used_ < most_larger_ ? larger_->take() : take();
    }
    // Whether take_for() may return a larger one than `held`.
    bool has_larger(const block& held, std::uint64_t bytes) const noexcept {
        return larger_ != nullptr && held.pool_ == this && bytes >= larger_->block_size_;
    }

    // Gives back to the heap what is free.
    void trim() noexcept { free_.clear(); }
    std::size_t in_use() const noexcept { return used_; }

private:
    // Apart, so that what is common is inlined.
    [[gnu::noinline]] block allocate() {
        try {
            return {*this, std::make_unique_for_overwrite<char[]>(block_size_)};
        } catch (...) {
            --used_;
            throw;
        }
    }
    void put(std::unique_ptr<char[]> memory) noexcept {
        --used_;
        if (free_.size() < kept_) free_.push_back(std::move(memory));
    }

    std::size_t block_size_;
    std::size_t kept_;
    buffer_pool* larger_;
    std::size_t most_larger_;
    std::size_t used_ = 0;
    std::vector<std::unique_ptr<char[]>> free_;
};

}  // namespace gate::net
