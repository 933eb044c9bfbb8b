#include <gate/proxy/websocket.hpp>

#include <catch.hpp>
#include <string>
#include <vector>

using gate::proxy::close_code;
using gate::proxy::close_frame;
using gate::proxy::frame_tracker;

namespace {

std::string frame(unsigned char first, std::size_t size, bool masked) {
    const unsigned char mask = masked ? 0x80 : 0;
    std::string out(1, static_cast<char>(first));
    if (size < 126) {
        out += static_cast<char>(mask | size);
    } else if (size < 65536) {
        out += static_cast<char>(mask | 126U);
        out += static_cast<char>(size >> 8U);
        out += static_cast<char>(size & 0xFFU);
    } else {
        out += static_cast<char>(mask | 127U);
        for (int shift = 56; shift >= 0; shift -= 8) out += static_cast<char>((size >> shift) & 0xFFU);
    }
    if (masked) out += "mask";
    return out + std::string(size, '\x88');  // payload that looks like Close frames
}

}  // namespace

TEST_CASE("a tracker knows where each frame ends, however the bytes come") {
    const auto size = GENERATE(std::size_t{0}, std::size_t{1}, std::size_t{125}, std::size_t{126},
                               std::size_t{65535}, std::size_t{65536});
    const auto masked = GENERATE(false, true);
    const auto bytes = frame(0x81, size, masked);
    frame_tracker frames;
    REQUIRE(frames.is_between_frames());
    for (std::size_t at = 0; at < bytes.size(); ++at) {
        frames.pass({&bytes[at], 1});
        REQUIRE(frames.is_between_frames() == (at + 1 == bytes.size()));
    }
    frames.pass(bytes + bytes);
    CHECK(frames.is_between_frames());
    CHECK_FALSE(frames.has_closed());
}

TEST_CASE("pass_one stops at the end of a frame") {
    const auto bytes = frame(0x82, 300, true);
    frame_tracker frames;
    CHECK(frames.pass_one(bytes) == 0);  // between two frames already
    frames.pass(bytes.substr(0, 3));
    CHECK(frames.pass_one(bytes.substr(3) + bytes) == bytes.size() - 3);
    CHECK(frames.is_between_frames());
    frames.pass(bytes.substr(0, 10));
    CHECK(frames.pass_one(bytes.substr(10, 20)) == 20);
    CHECK_FALSE(frames.is_between_frames());
}

TEST_CASE("a Close frame is noticed, and only there") {
    frame_tracker frames;
    frames.pass(frame(0x89, 4, false));
    CHECK_FALSE(frames.has_closed());
    frames.pass(frame(0x88, 2, false));
    CHECK(frames.has_closed());
}

TEST_CASE("after a length that cannot be there is no place for a frame of one's own") {
    frame_tracker frames;
    frames.pass(std::string("\x82\x7f") + std::string(8, '\xff'));
    CHECK_FALSE(frames.is_between_frames());
    frames.pass(frame(0x81, 5, false));
    CHECK_FALSE(frames.is_between_frames());
    CHECK(frames.pass_one("abc") == 3);
}

TEST_CASE("Close frames are what RFC 6455 says") {
    CHECK(close_frame(close_code::going_away).view() == std::string_view("\x88\x02\x03\xe9", 4));
    CHECK(close_frame(close_code::policy_violation).view() == std::string_view("\x88\x02\x03\xf0", 4));
    const close_frame masked(close_code::going_away, {1, 2, 3, 4});
    CHECK(masked.view() == std::string_view("\x88\x82\x01\x02\x03\x04\x02\xeb", 8));
    frame_tracker frames;
    frames.pass(masked.view());
    CHECK((frames.is_between_frames() && frames.has_closed()));
}
