#pragma once
// The chunked transfer coding (RFC 9112 7.1): an incremental strict decoder, and the lines that an encoder
// writes.

#include <gate/core/reason.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace gate::http {

struct chunk_limits {
    std::size_t extension;  // bytes of the extensions of one chunk
    std::size_t trailers;   // bytes of the trailer section
};

class chunk_decoder {
public:
    explicit chunk_decoder(chunk_limits limits) noexcept : limits_(limits) {}

    struct step {
        std::size_t consumed = 0;  // bytes of the input that are dealt with
        std::string_view data;     // body bytes, a view into the input; may be empty
        bool done = false;         // the body has ended, trailer section included
    };

    // Decodes up to one run of body bytes. Call again with what is left until nothing more is consumed or the
    // body is done; bytes after the end are not consumed. Error: bad_chunk, final.
    core::result<step> decode(std::string_view input);

    // Body bytes of the current chunk that are still to come (for the encoder: a chunk may be announced
    // whole).
    std::uint64_t left_in_chunk() const noexcept { return left_; }

    // The trailer section as received, each line with its CRLF, checked like fields; empty when there is
    // none.
    std::string_view trailers() const noexcept { return trailers_; }

private:
    // The extensions of a chunk: *( BWS ";" BWS name [ BWS "=" BWS ( token / quoted-string ) ] ).
    enum class state : std::uint8_t {
        size,
        before_semicolon,  // white space, then ';' or nothing at all
        before_name,
        name,
        after_name,  // white space, then '=' or ';'
        before_value,
        value,
        quoted,
        quoted_pair,
        after_quoted,
        size_lf,
        data,
        data_cr,
        data_lf,
        trailer,
        done,
        failed
    };

    bool take_size(char c) noexcept;
    bool take_extension(char c) noexcept;
    bool take_line_end(char c) noexcept;
    bool take(char c) noexcept;
    std::size_t take_trailer(std::string_view input);
    bool end_trailer_line();

    chunk_limits limits_;
    state state_ = state::size;
    std::uint64_t left_ = 0;
    std::uint64_t size_ = 0;  // as far as its digits have come in
    std::size_t digits_ = 0;
    std::size_t extension_ = 0;
    std::size_t trailer_line_ = 0;  // where the current line begins in trailers_
    std::string trailers_;
};

// "1a2b\r\n": what goes before the data of a chunk of `bytes`, which must not be 0.
struct chunk_size_line {
    char text[18];
    std::size_t size = 0;
    chunk_size_line() noexcept = default;  // NOLINT(cppcoreguidelines-pro-type-member-init): no text yet
    explicit chunk_size_line(std::uint64_t bytes) noexcept;
    std::string_view view() const noexcept { return {text, size}; }
};

inline constexpr std::string_view chunk_end = "\r\n";
inline constexpr std::string_view last_chunk = "0\r\n\r\n";

}  // namespace gate::http
