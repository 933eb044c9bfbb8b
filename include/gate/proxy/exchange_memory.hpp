#pragma once
// The memory of one exchange: held from the first byte of a request head to the last of its response, and
// then handed on to the next. An idle connection holds none.

#include <gate/http/framing.hpp>
#include <gate/http/head.hpp>
#include <gate/http/target.hpp>

#include <memory>
#include <span>
#include <string>
#include <vector>

namespace gate::proxy {

struct exchange_memory {
    explicit exchange_memory(std::size_t head_size)
        : capacity(head_size), input(std::make_unique_for_overwrite<char[]>(head_size)) {}

    std::size_t capacity;
    std::unique_ptr<char[]> input;  // the request head, and what came with it
    std::size_t filled = 0;         // bytes in `input`
    std::size_t used = 0;           // of them, those that belong to the request that is being served

    http::request_head request;  // views into `input`
    http::request_target target;
    http::connection_options request_connection;
    http::response_head response;  // views into the block that the response is read into
    http::connection_options response_connection;
    std::string upstream_head;
    std::string downstream_head;
    std::string overflow;  // bytes of the next request that were read together with a chunked body

    // Forgets the exchange before, but not what it has allocated: nothing may refer to bytes that are gone.
    void begin() noexcept {
        request.method_name = request.target = {};
        request.verb = http::method::other;
        request.minor = 1;
        request.fields.clear();
        request.size = 0;
        request.present = 0;
        target = {};
        upstream_head.clear();
        downstream_head.clear();
        overflow.clear();
        used = 0;
    }

    std::string_view received() const noexcept { return {input.get(), filled}; }
    std::span<char> room() const noexcept { return {input.get() + filled, capacity - filled}; }
};

// Not thread-safe: one for each worker.
class exchange_memory_pool {
public:
    exchange_memory_pool(std::size_t head_size, std::size_t kept) : head_size_(head_size), kept_(kept) {}

    std::unique_ptr<exchange_memory> take() {
        if (free_.empty()) return std::make_unique<exchange_memory>(head_size_);
        auto memory = std::move(free_.back());
        free_.pop_back();
        memory->filled = 0;
        return memory;
    }
    void give_back(std::unique_ptr<exchange_memory> memory) {
        if (free_.size() < kept_) free_.push_back(std::move(memory));
    }

private:
    std::size_t head_size_;
    std::size_t kept_;
    std::vector<std::unique_ptr<exchange_memory>> free_;
};

}  // namespace gate::proxy
