#pragma once
// As much of the WebSocket protocol (RFC 6455) as a proxy needs that passes frames on untouched and sometimes
// has to say goodbye: where a frame ends, and what a Close frame looks like. Pure: bytes in, bytes out.

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace gate::proxy {

// RFC 6455 7.4.1.
enum class close_code : std::uint16_t { going_away = 1001, policy_violation = 1008 };

// Follows the frames of one direction.
class frame_tracker {
public:
    // Takes note of `data`, which follows what was passed before.
    void pass(std::string_view data) noexcept { follow(data, false); }

    // The same up to the end of the first frame that ends in `data`; how many bytes that was. None where a
    // frame has just ended.
    std::size_t pass_one(std::string_view data) noexcept {
        return is_between_frames() ? 0 : follow(data, true);
    }

    // A frame of one's own may go here.
    bool is_between_frames() const noexcept { return !broken_ && header_size_ == 0 && payload_left_ == 0; }

    // A Close frame has begun: nothing may follow it.
    bool has_closed() const noexcept { return closed_; }

private:
    std::size_t follow(std::string_view data, bool one_frame) noexcept;
    void read_header() noexcept;
    std::size_t header_wanted() const noexcept;

    std::array<unsigned char, 14> header_{};
    std::size_t header_size_ = 0;  // bytes of an unfinished header
    std::uint64_t payload_left_ = 0;
    bool closed_ = false;
    bool broken_ = false;  // a length that cannot be: nothing is known from here on
};

// A Close frame without a reason text.
class close_frame {
public:
    // What a server sends.
    explicit close_frame(close_code code) noexcept;
    // What a client sends: masked with `key` (RFC 6455 5.3: unpredictable).
    close_frame(close_code code, std::array<unsigned char, 4> key) noexcept;

    std::string_view view() const noexcept { return {bytes_.data(), size_}; }

private:
    std::array<char, 8> bytes_{};
    std::size_t size_ = 0;
};

}  // namespace gate::proxy
