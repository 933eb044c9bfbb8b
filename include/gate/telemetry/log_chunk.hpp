#pragma once
// A buffer of whole log lines, filled by one thread and then handed over to the one that writes them out.

#include <cstddef>
#include <memory>
#include <string_view>

namespace gate::telemetry {

class log_chunk {
public:
    static constexpr std::size_t capacity = 64 * 1024;  // bytes

    std::size_t room() const noexcept { return capacity - size_; }
    char* end() noexcept { return bytes_.get() + size_; }

    // A line has been written at end() and reaches up to `new_end`.
    void add_line(const char* new_end) noexcept {
        size_ = static_cast<std::size_t>(new_end - bytes_.get());
        ++lines_;
    }

    std::string_view text() const noexcept { return {bytes_.get(), size_}; }
    std::size_t lines() const noexcept { return lines_; }
    void clear() noexcept { size_ = lines_ = 0; }

private:
    // Left uninitialised: memory that no line has reached yet costs nothing.
    std::unique_ptr<char[]> bytes_ = std::make_unique_for_overwrite<char[]>(capacity);
    std::size_t size_ = 0;
    std::size_t lines_ = 0;
};

}  // namespace gate::telemetry
