#pragma once
// Appends many small pieces to a string whose final size is bounded beforehand: one growth, then plain
// copies.

#include <charconv>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>

namespace gate::http {

class bounded_writer {
public:
    // At most `bound` bytes will be put.
    bounded_writer(std::string& out, std::size_t bound) : out_(out) {
        const std::size_t begin = out.size();
        out.resize(begin + bound);
        cursor_ = out.data() + begin;
        end_ = cursor_ + bound;
    }
    bounded_writer(const bounded_writer&) = delete;
    bounded_writer& operator=(const bounded_writer&) = delete;

    // The bound is a promise; breaking it must not become a write out of bounds.
    void put(std::string_view text) noexcept {
        if (text.empty()) return;  // an empty view may point nowhere, which memcpy may not be given
        if (text.size() > static_cast<std::size_t>(end_ - cursor_)) std::abort();
        std::memcpy(cursor_, text.data(), text.size());
        cursor_ += text.size();
    }
    void put_line(std::string_view name_and_colon, std::string_view value) noexcept {
        put(name_and_colon);
        put(value);
        put("\r\n");
    }
    void put_number(std::uint64_t number) noexcept {
        char digits[20];
        const auto written = std::to_chars(digits, digits + sizeof digits, number);
        put({digits, static_cast<std::size_t>(written.ptr - digits)});
    }

    // Cuts the string to what was put.
    void finish() { out_.resize(static_cast<std::size_t>(cursor_ - out_.data())); }

private:
    std::string& out_;
    char* cursor_;
    char* end_;
};

}  // namespace gate::http
