#pragma once
// The paths that servers may read in the bytes of one path. A rule that protects a path must protect all
// spellings that an upstream could take for it, whatever that upstream decodes, merges or drops (rule 8).
//
// A reading is what any combination of these steps, in any order, makes of the raw path:
//   percent-decoding (with %uXXXX and overlong UTF-8), up to three times in all, of everything or of
//   everything but '/' and '\'; full-width ASCII as ASCII; removing dot segments; merging slashes; dropping
//   two or more leading slashes with the name behind them; '\' as '/'; cutting ;parameters; cutting at NUL,
//   '?' or '#' (which a raw path only has encoded); dropping tabs and ends of lines; dropping slashes at the
//   end; dropping dots, blanks (bytes up to 0x20, 0x7F, and Unicode's) or both at the end of segments, but
//   not of "." and ".."; lower case, by which letters with the same capital are the same (the long s and s).
//
// Where the words leave a choice, the one with more readings is taken:
// - %u0041 and %U0041 are the same. Most servers know neither them nor overlong UTF-8 (of up to six bytes): a
//   decoding may leave them, and overlong UTF-8 is replaced in a step of its own, in which slashes may stay.
// - Of n leading slashes, each number from two to n may be dropped with the name behind; nothing left is "/".
// - Blanks at the end may be dropped all, or spaces alone: some servers keep other blanks.
// - A segment of three or more dots may lose all of them, or all but two: some servers drop dot by dot.
// - NUL, '?' and '#' end the path each on its own: one server stops at NUL, and takes '?' for a letter.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace gate::http {

// Keeps its memory between paths (at most 128 KiB of it). Not thread-safe.
class path_readings {
public:
    static constexpr std::size_t most = 64;
    // Of all readings together, but for a raw path that is longer alone: long paths are expensive to read.
    static constexpr std::size_t most_bytes = 64 * std::size_t{1024};

    // Finds the readings of `raw`. One that does not begin with '/' is its own and only reading. False: there
    // are more than `most`, or more than `most_bytes`; those found before that stay.
    bool read(std::string_view raw);

    // All are distinct and in lower case; the first is the raw path. Views hold until the next read().
    std::size_t size() const noexcept { return readings_.size(); }
    std::string_view operator[](std::size_t i) const noexcept {
        return std::string_view(bytes_).substr(readings_[i].begin, readings_[i].size);
    }

private:
    struct piece {
        std::size_t begin;
        std::size_t size;
        std::size_t hash;
    };
    bool add(std::string_view path);
    bool add_undecoded(std::size_t i);
    bool add_decoded(std::size_t i);

    std::string bytes_;
    std::vector<piece> readings_;
    std::string made_;
};

// Whether the path is its only reading, in lower case, and its own plain form: no step changes it. A fast
// check that most requests pass; it may say no to a path for which it is true.
bool reads_one_way(std::string_view path) noexcept;
// The same. `slashes`: a bit for each '/' in its first 64 bytes, the lowest for the first byte; no meaning
// where the result is false.
bool reads_one_way(std::string_view path, std::uint64_t& slashes) noexcept;

// The form in which readings and patterns are compared: decoded once but for '/' and '\', in lower case,
// without a slash at the end ("/" stays). Appends to `out`.
void append_plain_form(std::string_view path, std::string& out);

// The first piece of a raw path that makes it ambiguous, empty: none. An ambiguous path is never opened by a
// route: an encoded / \ . ; ? # %, NUL or control byte, a malformed or overlong escape, %u, full-width ASCII,
// a dot segment, "//", ';', a backslash, a control byte, a segment that ends in a dot or a blank (also one
// beyond ASCII). A literal '?' or '#', which no path has, counts too.
std::string_view find_ambiguous_piece(std::string_view path) noexcept;

}  // namespace gate::http
