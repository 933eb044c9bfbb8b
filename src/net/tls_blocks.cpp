#include "tls_blocks.hpp"

#include <array>
#include <new>
#include <utility>

namespace gate::net {
namespace {

// One for what comes, one for what goes, one for what is gathered.
thread_local std::array<std::unique_ptr<char[]>, 3> kept;

}  // namespace

std::span<char> tls_block::room() noexcept {
    if (!memory_) {
        for (auto& free : kept) {
            if (free) {
                memory_ = std::move(free);
                break;
            }
        }
        if (!memory_) memory_.reset(new (std::nothrow) char[capacity]);
        if (!memory_) return {};
    }
    return {memory_.get() + end_, capacity - end_};
}

void tls_block::remove(std::size_t bytes) noexcept {
    begin_ += bytes;
    if (begin_ == end_) clear();
}

void tls_block::clear() noexcept {
    begin_ = end_ = 0;
    if (!memory_) return;
    for (auto& free : kept) {
        if (!free) {
            free = std::move(memory_);
            return;
        }
    }
    memory_.reset();
}

}  // namespace gate::net
