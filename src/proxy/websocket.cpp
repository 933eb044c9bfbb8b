#include <gate/proxy/websocket.hpp>

#include <algorithm>

namespace gate::proxy {
namespace {

// RFC 6455 5.2.
constexpr unsigned opcode_bits = 0x0F;
constexpr unsigned opcode_close = 0x8;
constexpr unsigned mask_bit = 0x80;
constexpr unsigned length_bits = 0x7F;
constexpr unsigned length_in_2_bytes = 126;
constexpr unsigned length_in_8_bytes = 127;
constexpr unsigned char final_close = 0x88;
constexpr std::uint64_t largest_length = ~std::uint64_t{0} >> 1U;

std::size_t length_bytes(unsigned length) noexcept {
    return length == length_in_8_bytes ? 8 : length == length_in_2_bytes ? 2 : 0;
}

}  // namespace

std::size_t frame_tracker::header_wanted() const noexcept {
    if (header_size_ < 2) return 2;
    return 2 + length_bytes(header_[1] & length_bits) + ((header_[1] & mask_bit) != 0 ? 4 : 0);
}

void frame_tracker::read_header() noexcept {
    const unsigned length = header_[1] & length_bits;
    payload_left_ = length;
    if (const auto bytes = length_bytes(length); bytes > 0) {
        payload_left_ = 0;
        for (std::size_t i = 0; i < bytes; ++i) payload_left_ = payload_left_ << 8U | header_[2 + i];
    }
    if (payload_left_ > largest_length) broken_ = true;
    if ((header_[0] & opcode_bits) == opcode_close) closed_ = true;
    header_size_ = 0;
}

std::size_t frame_tracker::follow(std::string_view data, bool one_frame) noexcept {
    std::size_t read = 0;
    while (read < data.size() && !broken_) {
        if (payload_left_ > 0) {
            const auto step = std::min<std::uint64_t>(payload_left_, data.size() - read);
            payload_left_ -= step;
            read += static_cast<std::size_t>(step);
        } else {
            header_[header_size_++] = static_cast<unsigned char>(data[read++]);
            if (header_size_ >= 2 && header_size_ == header_wanted()) read_header();
        }
        if (one_frame && is_between_frames()) return read;
    }
    return data.size();
}

close_frame::close_frame(close_code code) noexcept {
    const auto number = static_cast<unsigned>(code);
    bytes_ = {static_cast<char>(final_close), 2, static_cast<char>(number >> 8U),
              static_cast<char>(number & 0xFFU)};
    size_ = 4;
}

close_frame::close_frame(close_code code, std::array<unsigned char, 4> key) noexcept {
    const auto number = static_cast<unsigned>(code);
    const unsigned high = (number >> 8U) ^ key[0];
    const unsigned low = (number & 0xFFU) ^ key[1];
    bytes_[0] = static_cast<char>(final_close);
    bytes_[1] = static_cast<char>(mask_bit | 2U);
    std::transform(key.begin(), key.end(), bytes_.begin() + 2,
                   [](unsigned char c) { return static_cast<char>(c); });
    bytes_[6] = static_cast<char>(high);
    bytes_[7] = static_cast<char>(low);
    size_ = 8;
}

}  // namespace gate::proxy
