#pragma once
// The memory of one exchange: held from the first byte of a request head to the last of its response, and
// then handed on to the next. An idle connection holds none. Where a token may have been, it is overwritten
// before that (rule 25).

#include <gate/core/shared_scratch.hpp>
#include <gate/http/request_facts.hpp>
#include <gate/net/buffer_pool.hpp>
#include <gate/protocol/outbound.hpp>

#include <algorithm>
#include <bit>
#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace gate::protocol {

// Where the next request's bytes are when one has ended: after a request without a body, in `input` from
// `used` on; after a body, whose end was read elsewhere, in `overflow`, and then `used` is `filled`.
struct exchange_memory {
    std::size_t capacity = 0;
    std::unique_ptr<char[]> input;  // the request head, and what came with it
    std::size_t filled = 0;         // bytes in `input`
    std::size_t used = 0;  // of them, those that are of no use to the next request: begin_next() drops them
    bool may_hold_token = false;  // true until it is known that the request has no Authorization

    http::request_facts asked;  // views into `input`
    std::string overflow;       // bytes of the next request that were read together with the end of a body
    std::string early_body;     // what came of the body with the head, if it has to be waited with

    // Forgets the exchange before, but not what it has allocated: nothing may refer to bytes that are gone.
    void begin() noexcept {
        asked.clear();
        overflow.clear();
        used = 0;
    }

    // Makes `input` so large that `size` bytes fit. Views into it are invalid afterwards.
    void reserve(std::size_t size) {
        if (size <= capacity) return;
        auto larger = std::make_unique_for_overwrite<char[]>(size);
        std::copy_n(input.get(), filled, larger.get());
        wipe(0, filled);
        input = std::move(larger);
        capacity = size;
    }

    // Takes over what has been read elsewhere. Most heads are small: those of streams that live for hours
    // hold no more than they need.
    void assign(std::string_view bytes) {
        filled = 0;
        reserve(std::max(std::bit_ceil(bytes.size()), smallest_input));
        filled = bytes.copy(input.get(), bytes.size());
        may_hold_token = true;
    }

    // The request has been served: what arrived after it is the beginning of the next.
    void begin_next() {
        if (!early_body.empty()) forget_early_body();
        const auto left = filled - used;
        if (!overflow.empty()) {
            forget_token();
            assign(overflow);
            ::explicit_bzero(overflow.data(), overflow.size());
            overflow.clear();
        } else if (left == 0) {
            forget_token();
            filled = 0;
        } else {
            std::memmove(input.get(), input.get() + used, left);
            wipe(left, used);
            filled = left;
            may_hold_token = true;
        }
        used = 0;
    }

    // Overwrites what has been received. Of a request that is complete, with nothing after it, the head is
    // enough: the token is not in the body.
    void forget_token() noexcept {
        if (!may_hold_token) return;
        const bool is_whole = asked.head.size != 0 && used == filled && overflow.empty();
        wipe(0, is_whole ? asked.head.size : filled);
        may_hold_token = false;
    }

    // Before others use this memory: what has come after the request that was served may hold a token too.
    void forget_all_tokens() noexcept {
        if (!early_body.empty()) forget_early_body();
        may_hold_token = may_hold_token || used != filled;
        forget_token();
        if (!overflow.empty()) ::explicit_bzero(overflow.data(), overflow.size());
        overflow.clear();
    }

    static constexpr std::size_t smallest_input = 2048;

    std::string_view received() const noexcept { return {input.get(), filled}; }
    std::span<char> room() const noexcept { return {input.get() + filled, capacity - filled}; }

private:
    void wipe(std::size_t from, std::size_t size) noexcept {
        if (size != 0) ::explicit_bzero(input.get() + from, size);
    }
    // What follows the body may be in it.
    void forget_early_body() noexcept {
        ::explicit_bzero(early_body.data(), early_body.size());
        std::string().swap(early_body);
    }
};

// The block that the beginning of a large request was read into, from then until it is known how much of that
// is body: the rest, where a token may be, is overwritten before others use the block (rule 25). One for each
// worker; empty whenever anybody waits.
class arrival_block {
public:
    // What is so small is overwritten immediately.
    static constexpr std::size_t small = 2048;
    // Of what follows the head, so much is not copied.
    static constexpr std::size_t large = 4096;

    ~arrival_block() { forget(); }

    // `size`: bytes that have been read into `block`; `copied`: how many of them, from the front, have been
    // copied.
    void put(net::buffer_pool::block block, std::size_t size, std::size_t copied) noexcept {
        forget();
        block_ = std::move(block);
        size_ = size;
        copied_ = copied;
        if (size != 0) core::open_loan();
        if (size <= small) forget();
    }
    bool is_empty() const noexcept { return size_ == 0; }
    bool has_rest() const noexcept { return size_ != 0 && copied_ != size_; }
    // What has not been copied.
    std::span<char> rest() const noexcept { return {block_.data() + copied_, size_ - copied_}; }
    // With rest(), which may hold a token too. Precondition: it is not empty.
    net::buffer_pool::block hand_over() noexcept {
        ::explicit_bzero(block_.data(), copied_);
        size_ = 0;
        core::close_loan();
        return std::move(block_);
    }
    // `most`: nothing but body follows these bytes.
    void forget(std::size_t most = ~std::size_t{0}) noexcept {
        if (size_ == 0) return;
        ::explicit_bzero(block_.data(), std::min(size_, most));
        block_.release();
        size_ = 0;
        core::close_loan();
    }

private:
    net::buffer_pool::block block_;
    std::size_t size_ = 0;
    std::size_t copied_ = 0;
};

// What is needed only from one wait to the next. One for each worker, so that it stays in the caches however
// many exchanges there are: at 200 connections a third of what a request makes the CPU fetch.
struct head_scratch {
    core::shared_scratch<response> received;  // views into the block that the response is read into
    core::shared_scratch<std::string> head;   // that is about to be written
};

// Not thread-safe: one for each worker.
class exchange_memory_pool {
public:
    explicit exchange_memory_pool(std::size_t kept) : kept_(kept) { free_.reserve(kept); }

    std::unique_ptr<exchange_memory> take() {
        if (free_.empty()) return std::make_unique<exchange_memory>();
        auto memory = std::move(free_.back());
        free_.pop_back();
        least_ = std::min(least_, free_.size());
        memory->filled = memory->used = 0;
        return memory;
    }
    void give_back(std::unique_ptr<exchange_memory> memory) noexcept {
        memory->forget_all_tokens();
        if (free_.size() < kept_) free_.push_back(std::move(memory));
    }
    // Gives back to the heap what has not been needed since the last call; returns how many it still keeps.
    std::size_t trim() noexcept {
        free_.resize(free_.size() - std::min(least_, free_.size()));
        least_ = free_.size();
        return least_;
    }

private:
    std::size_t kept_;
    std::size_t least_ = 0;  // free ones since the last trim()
    std::vector<std::unique_ptr<exchange_memory>> free_;
};

}  // namespace gate::protocol
