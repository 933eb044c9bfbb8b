#pragma once
// A text that lies within the object where it is short, as the usual account id is (32 bytes), and on the
// heap where it is longer. Fills a cache line: see entry_table.

#include <array>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

namespace gate::auth {

class compact_text {
public:
    compact_text() = default;

    // Precondition: text.size() <= 65535.
    explicit compact_text(std::string_view text) : size_(static_cast<std::uint16_t>(text.size())) {
        assert(text.size() <= UINT16_MAX);
        if (size_ > short_.size()) long_ = std::make_unique_for_overwrite<char[]>(size_);
        text.copy(long_ ? long_.get() : short_.data(), size_);
    }

    std::string_view view() const noexcept { return {long_ ? long_.get() : short_.data(), size_}; }

private:
    std::unique_ptr<char[]> long_;
    std::uint16_t size_ = 0;
    std::array<char, 46> short_{};
};

}  // namespace gate::auth
