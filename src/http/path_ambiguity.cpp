#include "chars.hpp"
#include "scan.hpp"
#include "utf8.hpp"

#include <gate/http/path_readings.hpp>

#include <algorithm>
#include <array>
#include <cstring>

namespace gate::http {
namespace {

constexpr int malformed = -1;

struct path_byte {
    int value;         // or malformed
    std::size_t size;  // of its spelling in the path
};

// The byte at `at`, decoded once.
path_byte read_byte(std::string_view path, std::size_t at) noexcept {
    if (path[at] != '%') return {static_cast<unsigned char>(path[at]), 1};
    if (at + 2 >= path.size()) return {malformed, path.size() - at};
    const unsigned high = hex_value(path[at + 1]);
    const unsigned low = hex_value(path[at + 2]);
    if ((high | low) > 15) return {malformed, to_lower(path[at + 1]) == 'u' ? 6U : 3U};
    return {static_cast<int>(high * 16 + low), 3};
}

bool ends_segment(std::string_view path, std::size_t at) noexcept {
    return at >= path.size() || path[at] == '/';
}

struct wide_character {
    std::size_t size;  // as it is spelled in the path
    bool is_odd;
};

// The character beyond ASCII at `at`, or the byte, if that begins none. Odd: overlong, full-width, or a blank
// at the end of a segment (also a byte that is a blank in Latin-1, and no UTF-8).
wide_character read_wide(std::string_view path, std::size_t at) noexcept {
    std::array<char, 6> bytes{};
    std::array<std::size_t, 6> ends{};
    std::size_t count = 0;
    for (auto end = at; end < path.size() && count < bytes.size(); ++count) {
        const auto next = read_byte(path, end);
        if (next.value < 0x80) break;
        bytes[count] = static_cast<char>(next.value);
        ends[count] = end += next.size;
    }
    const auto found = read_utf8({bytes.data(), count});
    const auto code = found.size == 0 ? static_cast<unsigned char>(bytes[0]) : found.code;
    const auto end = ends[found.size == 0 ? 0U : found.size - 1U];
    const bool is_blank_at_end = is_unicode_blank(code) && ends_segment(path, end);
    return {end - at, found.is_overlong || ascii_of_full_width(code) != '\0' || is_blank_at_end};
}

// The size of what is ambiguous at `at`, or 0. Precondition: `byte` is malformed or ASCII.
std::size_t ambiguous_size(std::string_view path, std::size_t at, path_byte byte) noexcept {
    const bool is_escape = path[at] == '%';
    if (byte.value == malformed) return byte.size;
    const auto c = static_cast<char>(byte.value);
    const auto end = at + byte.size;
    if (c < 0x20 || c == 0x7f) return byte.size;
    constexpr std::string_view literal_marks = ";\\?#";
    constexpr std::string_view encoded_marks = ";\\?#/.%";
    if ((is_escape ? encoded_marks : literal_marks).find(c) != std::string_view::npos) return byte.size;
    if (c == '/' && end < path.size() && path[end] == '/') return 2;
    if ((c == '.' || c == ' ') && ends_segment(path, end)) return byte.size;
    return 0;
}

bool changes_nothing(char c) noexcept {
    return c > 0x20 && c < 0x7f && !(c >= 'A' && c <= 'Z') && c != '%' && c != ';' && c != '\\' && c != '?' &&
           c != '#';
}

#if defined(__SSE2__)
// Sixteen bytes at once. `follows_mark`: the byte before them is '/' or '.'. `is_last`: nothing comes after
// them. `slash`: a bit for each '/'.
inline bool block_reads_one_way(const char* p, bool follows_mark, bool is_last, unsigned& slash) noexcept {
    const __m128i b = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
    const auto is = [&b](char c) { return _mm_cmpeq_epi8(b, _mm_set1_epi8(c)); };
    const auto either = [](__m128i x, __m128i y) { return _mm_or_si128(x, y); };
    const __m128i from_a = _mm_sub_epi8(b, _mm_set1_epi8('A'));
    const __m128i upper = _mm_cmpeq_epi8(_mm_min_epu8(from_a, _mm_set1_epi8(25)), from_a);
    const __m128i low = _mm_cmplt_epi8(b, _mm_set1_epi8(0x21));  // signed: 0x80 and above too
    const __m128i marks = either(either(is('%'), is(';')), either(is('\\'), either(is('?'), is('#'))));
    const __m128i slashes = is('/');
    const auto bad =
        static_cast<unsigned>(_mm_movemask_epi8(either(either(upper, low), either(marks, is(0x7f)))));
    slash = static_cast<unsigned>(_mm_movemask_epi8(slashes));
    const auto dot_or_slash = static_cast<unsigned>(_mm_movemask_epi8(either(slashes, is('.'))));
    const auto behind = dot_or_slash << 1U | static_cast<unsigned>(follows_mark);
    const auto ends = is_last ? slash | 1U << 16U : slash;  // of segments, at which no mark may stand before
    return (bad | (behind & ends)) == 0;
}

// Of 16 bytes at least.
inline bool blocks_read_one_way(std::string_view path, std::uint64_t& slashes) noexcept {
    const char* const p = path.data();
    const auto follows_mark = [p](std::size_t at) {
        return at != 0 && (p[at - 1] == '/' || p[at - 1] == '.');
    };
    if (*p != '/') return false;
    unsigned found = 0;
    const auto last = path.size() - 16;  // overlaps the block before
    if (!block_reads_one_way(p + last, follows_mark(last), true, found)) return false;
    slashes = last < 64 ? std::uint64_t{found} << last : 0;
    for (std::size_t at = 0; at < last; at += 16) {
        if (!block_reads_one_way(p + at, follows_mark(at), false, found)) return false;
        if (at < 64) slashes |= std::uint64_t{found} << at;
    }
    return true;
}
#endif

}  // namespace

std::string_view find_ambiguous_piece(std::string_view path) noexcept {
    for (std::size_t at = 0; at < path.size();) {
        const auto byte = read_byte(path, at);
        if (byte.value >= 0x80) {
            const auto wide = read_wide(path, at);
            if (wide.is_odd) return path.substr(at, wide.size);
            at += wide.size;
            continue;
        }
        const auto size = ambiguous_size(path, at, byte);
        if (size != 0) return path.substr(at, size);
        at += byte.size;
    }
    return {};
}

bool reads_one_way(std::string_view path) noexcept {
    std::uint64_t slashes = 0;
    return reads_one_way(path, slashes);
}

bool reads_one_way(std::string_view path, std::uint64_t& slashes) noexcept {
#if defined(__SSE2__)
    if (path.size() >= 16) return blocks_read_one_way(path, slashes);
#endif
    slashes = 1;
    if (path.empty() || path.front() != '/') return false;
    if (path.size() == 1) return true;
    if (path.back() == '/' || path.back() == '.') return false;
    for (std::size_t at = 0; at < path.size(); ++at) {
        if (!changes_nothing(path[at])) return false;
        if (path[at] != '/' || at == 0) continue;
        if (path[at - 1] == '/' || path[at - 1] == '.') return false;
        if (at < 64) slashes |= std::uint64_t{1} << at;
    }
    return true;
}

}  // namespace gate::http
