#pragma once
// Searches that look at sixteen bytes at a time where the processor can (SSE2, part of every x86-64).

#include "chars.hpp"

#include <bit>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace gate::http {

namespace detail {

#if defined(__SSE2__)
// A bit for each byte of a block.
inline unsigned bits_of(__m128i bytes) noexcept {
    return static_cast<unsigned>(_mm_movemask_epi8(bytes));
}
inline constexpr unsigned all_bits = 0xffff;

// `stops`: a bit for each byte of a block at which the search ends.
template <class Stops>
inline const char* skip_blocks(const char* p, const char* end, bool& found, Stops stops) noexcept {
    if (end - p < 16) return p;
    const char* const last = end - 16;
    do {
        const unsigned bits = stops(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)));
        if (bits != 0) {
            found = true;
            return p + std::countr_zero(bits);
        }
        p += 16;
    } while (p <= last);
    return p;
}
#endif

}  // namespace detail

// What follows the first CRLF CRLF in [begin, end), or nullptr if there is none.
inline const char* find_empty_line(const char* begin, const char* end) noexcept {
    const auto ends_at = [begin](const char* lf) {  // lf and lf[2] are LF
        return lf != begin && lf[-1] == '\r' && lf[1] == '\r';
    };
    const char* p = begin;
#if defined(__SSE2__)
    const __m128i lf = _mm_set1_epi8('\n');
    const auto both_are_lf = [&lf](const char* at) {
        const __m128i first = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
        const __m128i second = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at + 2));
        return _mm_and_si128(_mm_cmpeq_epi8(first, lf), _mm_cmpeq_epi8(second, lf));
    };
    const auto pairs_in_block = [&](const char* at) { return detail::bits_of(both_are_lf(at)); };
    // Two blocks at a time, as long as there is no pair in either.
    for (; end - p >= 34; p += 32)
        if (detail::bits_of(_mm_or_si128(both_are_lf(p), both_are_lf(p + 16))) != 0) break;
    for (; end - p >= 18; p += 16) {
        for (auto pairs = pairs_in_block(p); pairs != 0; pairs &= pairs - 1) {
            if (const char* const at = p + std::countr_zero(pairs); ends_at(at)) return at + 3;
        }
    }
    // Most heads end where the buffer does: the last block overlaps the one before.
    if (end - begin >= 18) {
        p = end - 18;
        for (auto pairs = pairs_in_block(p); pairs != 0; pairs &= pairs - 1) {
            if (const char* const at = p + std::countr_zero(pairs); ends_at(at)) return at + 3;
        }
        return nullptr;
    }
#endif
    for (; end - p >= 3; ++p) {
        if (p[0] == '\n' && p[2] == '\n' && ends_at(p)) return p + 3;
    }
    return nullptr;
}

// The first byte from `p` that is no token character; one of them lies before end. Most often it is a colon.
inline const char* find_token_end(const char* p, const char* end) noexcept {
#if defined(__SSE2__)
    bool found = false;  // another than letters and hyphens, of which most names are made
    p = detail::skip_blocks(p, end, found, [](__m128i b) {
        const __m128i from_a = _mm_sub_epi8(_mm_or_si128(b, _mm_set1_epi8(0x20)), _mm_set1_epi8('a'));
        const __m128i letter = _mm_cmpeq_epi8(_mm_min_epu8(from_a, _mm_set1_epi8('z' - 'a')), from_a);
        const __m128i hyphen = _mm_cmpeq_epi8(b, _mm_set1_epi8('-'));
        return detail::bits_of(_mm_or_si128(letter, hyphen)) ^ detail::all_bits;
    });
#else
    (void)end;
#endif
    while (*p != ':' && is_token(*p)) ++p;
    return p;
}

// The first CR or LF in [p, end), or end.
inline const char* find_line_break(const char* p, const char* end) noexcept {
#if defined(__SSE2__)
    bool found = false;
    p = detail::skip_blocks(p, end, found, [](__m128i b) {
        return detail::bits_of(
            _mm_or_si128(_mm_cmpeq_epi8(b, _mm_set1_epi8('\r')), _mm_cmpeq_epi8(b, _mm_set1_epi8('\n'))));
    });
    if (found) return p;
#endif
    while (p != end && *p != '\r' && *p != '\n') ++p;
    return p;
}

// The first byte in [p, end) that no field value may hold, or end.
inline const char* find_value_end(const char* p, const char* end) noexcept {
#if defined(__SSE2__)
    bool found = false;
    p = detail::skip_blocks(p, end, found, [](__m128i b) {
        // Below 0x20 without a sign: max(b, 0x20) differs from b.
        const __m128i fine = _mm_cmpeq_epi8(_mm_max_epu8(b, _mm_set1_epi8(0x20)), b);
        const __m128i tab = _mm_cmpeq_epi8(b, _mm_set1_epi8('\t'));
        const __m128i del = _mm_cmpeq_epi8(b, _mm_set1_epi8(0x7f));
        return detail::bits_of(_mm_andnot_si128(del, _mm_or_si128(fine, tab))) ^ detail::all_bits;
    });
    if (found) return p;
#endif
    while (p != end && has_class(*p, char_class::value)) ++p;
    return p;
}

// The first byte in [p, end) that is not visible ASCII, or is '#', or end.
inline const char* find_target_end(const char* p, const char* end) noexcept {
#if defined(__SSE2__)
    bool found = false;
    p = detail::skip_blocks(p, end, found, [](__m128i b) {
        const __m128i low = _mm_cmplt_epi8(b, _mm_set1_epi8(0x21));  // signed: 0x80 and above too
        const __m128i del = _mm_cmpeq_epi8(b, _mm_set1_epi8(0x7f));
        return detail::bits_of(_mm_or_si128(_mm_or_si128(low, del), _mm_cmpeq_epi8(b, _mm_set1_epi8('#'))));
    });
    if (found) return p;
#endif
    while (p != end && *p > 0x20 && *p < 0x7f && *p != '#') ++p;
    return p;
}

}  // namespace gate::http
