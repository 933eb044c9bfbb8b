#pragma once
// A batch of spans as the text of one request to a collector: filled by one thread, sent by another.

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace gate::exporting {

// What stands around the spans of a batch (batch_text.hpp).
struct batch_frame {
    std::string head;
    std::string tail;
};

class span_chunk {
public:
    static constexpr std::size_t capacity = 256 * 1024;  // bytes of spans

    // `around` outlives this object. Throws std::bad_alloc.
    explicit span_chunk(const batch_frame& around)
        : around_(around),
          bytes_(std::make_unique_for_overwrite<char[]>(around.head.size() + capacity + around.tail.size())),
          size_(around.head.copy(bytes_.get(), around.head.size())) {}

    std::size_t room() const noexcept { return around_.head.size() + capacity - size_; }
    char* end() noexcept { return bytes_.get() + size_; }

    // So many spans have been written at end(), and reach up to `new_end`.
    void add(const char* new_end, std::size_t spans) noexcept {
        size_ = static_cast<std::size_t>(new_end - bytes_.get());
        spans_ += spans;
    }

    std::size_t spans() const noexcept { return spans_; }

    // The whole request body. Valid until the next change.
    std::string_view text() noexcept {
        around_.tail.copy(end(), around_.tail.size());
        return {bytes_.get(), size_ + around_.tail.size()};
    }

    void clear() noexcept {
        size_ = around_.head.size();
        spans_ = 0;
    }

private:
    const batch_frame& around_;
    std::unique_ptr<char[]> bytes_;  // left uninitialised: what no span has reached yet costs nothing
    std::size_t size_;
    std::size_t spans_ = 0;
};

}  // namespace gate::exporting
