#pragma once
// A body as it comes and as it goes, whatever its framing. Pure: bytes in, bytes out.

#include <gate/core/reason.hpp>
#include <gate/http/chunk.hpp>
#include <gate/http/framing.hpp>

#include <array>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>

#include <sys/uio.h>

namespace gate::protocol {

// Takes the framing off.
class body_decoder {
public:
    body_decoder(http::body_framing framing, http::chunk_limits limits) noexcept
        : framing_(framing), left_(framing.length), chunks_(limits), done_(is_empty(framing)) {}

    struct piece {
        std::span<char> data;  // body bytes
        std::span<char> rest;  // bytes after the end of the body; empty until the end
    };

    // Decodes what has come, in place: the body bytes are moved together at the front of `input`.
    // Error: bad_chunk, final.
    core::result<piece> decode(std::span<char> input);

    // The sender has ended its side by itself. True if that is a proper end of the body.
    bool end() noexcept;

    bool is_done() const noexcept { return done_; }

    // The most that can be read without reading past the end of the body; chunked bodies do not tell.
    std::uint64_t wanted() const noexcept {
        return framing_.kind == http::body_kind::counted ? left_ : std::numeric_limits<std::uint64_t>::max();
    }

    // So many of the next bytes belong to the body for certain, its framing aside; more may.
    std::uint64_t certain() const noexcept {
        return framing_.kind == http::body_kind::chunked ? chunks_.left_in_chunk() : wanted();
    }

    // Of a chunked body that is done: its trailer section, each line with its CRLF.
    std::string_view trailers() const noexcept { return chunks_.trailers(); }

private:
    static bool is_empty(const http::body_framing& framing) noexcept {
        return framing.kind == http::body_kind::none ||
               (framing.kind == http::body_kind::counted && framing.length == 0);
    }
    core::result<piece> decode_chunks(std::span<char> input);

    http::body_framing framing_;
    std::uint64_t left_;
    http::chunk_decoder chunks_;
    bool done_;
};

// What one write is made of: up to six pieces that lie in different places.
struct gather {
    std::array<iovec, 6> pieces;  // of these, the first `count`
    std::size_t count = 0;
    std::size_t bytes = 0;

    void add(std::string_view text) noexcept {
        if (text.empty()) return;
        pieces[count++] = {const_cast<char*>(text.data()), text.size()};  // writing only reads it
        bytes += text.size();
    }
    void consume(std::size_t written) noexcept;
    std::span<const iovec> view() const noexcept { return {pieces.data(), count}; }
};

// Puts a framing on.
class body_encoder {
public:
    explicit body_encoder(http::body_kind kind) noexcept : kind_(kind) {}

    // Adds `data`, and the end of the body if it is the last; `trailers` (lines, each with its CRLF) go with
    // the end of a chunked body. The pieces refer to the arguments and to this object.
    void encode(std::string_view data, bool last, std::string_view trailers, gather& out);
    // The same, copied to the end of `out`.
    void append(std::string_view data, bool last, std::string_view trailers, std::string& out);

private:
    template <class Out>
    void put(std::string_view data, bool last, std::string_view trailers, Out out);

    http::body_kind kind_;
    http::chunk_size_line size_line_;
};

}  // namespace gate::protocol
