#pragma once
// The receiving half of an HTTP/1.1 message body on one connection. Memory is held only while bytes are in
// it.

#include <gate/net/buffer_pool.hpp>
#include <gate/net/stream.hpp>
#include <gate/protocol/body.hpp>
#include <gate/protocol/message.hpp>

#include <optional>

namespace gate::protocol {

class http1_reader {
public:
    // Both outlive this object.
    http1_reader(net::stream& bytes, net::buffer_pool& blocks) noexcept : bytes_(bytes), blocks_(blocks) {}

    // The block that a head may be read into before the body begins.
    net::buffer_pool::block& memory() {
        if (!block_) block_ = blocks_.take();
        return block_;
    }

    // The block that the beginning of the body has come in.
    void hold(net::buffer_pool::block block) noexcept { block_ = std::move(block); }

    // `came`: what has come after the head; it lies in memory(), or in memory that stays until the body is
    // read. At most `most_beyond` bytes that may lie after the end of the body are read together with it.
    void begin(http::body_framing framing, http::chunk_limits limits, std::span<char> came,
               std::size_t most_beyond) noexcept {
        decoder_.emplace(framing, limits);
        came_ = came;
        most_beyond_ = most_beyond;
    }

    body_piece received();
    body_piece read();
    std::string_view trailers() const noexcept { return decoder_->trailers(); }
    void release() noexcept { block_.release(); }
    // See body_source. More than the kernel takes at once for a slow peer has to pass without a wait.
    void note_passed_on(bool immediately) noexcept {
        small_reads_ = immediately ? small_reads_ - (small_reads_ > 0 ? 1 : 0) : most_small_reads;
    }

    bool has_begun() const noexcept { return decoder_.has_value(); }
    bool is_done() const noexcept { return decoder_ && decoder_->is_done(); }
    // See body_decoder. Precondition: has_begun().
    std::uint64_t wanted() const noexcept { return decoder_->wanted(); }
    std::span<char> came() const noexcept { return came_; }
    // What has come lies there now, and its block is given back. Precondition: it is not received().
    void move_came_to(std::span<char> where) noexcept {
        came_ = where;
        release();
    }
    bool holds_block() const noexcept { return static_cast<bool>(block_); }
    // Of memory(). Precondition: holds_block().
    std::span<char> held(std::size_t from, std::size_t size) const noexcept {
        return {block_.data() + from, size};
    }
    // What lies after the end of the body, of what was read last.
    std::span<char> rest() const noexcept { return rest_; }

private:
    static constexpr unsigned most_small_reads = 64;

    std::uint64_t room() const noexcept;
    body_piece decode(std::span<char> input);

    net::stream& bytes_;
    net::buffer_pool& blocks_;
    std::optional<body_decoder> decoder_;
    net::buffer_pool::block block_;
    std::span<char> came_;
    std::span<char> rest_;
    std::size_t most_beyond_ = 0;
    unsigned small_reads_ = 0;  // that come before large ones
};

}  // namespace gate::protocol
