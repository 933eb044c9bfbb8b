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
template <class Stops>
inline const char* skip_blocks(const char* p, const char* end, bool& found, Stops stops) noexcept {
    for (; end - p >= 16; p += 16) {
        const __m128i block = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
        const auto mask = static_cast<unsigned>(_mm_movemask_epi8(stops(block)));
        if (mask != 0) {
            found = true;
            return p + std::countr_zero(mask);
        }
    }
    return p;
}
#endif

}  // namespace detail

// The first CR or LF in [p, end), or end.
inline const char* find_line_break(const char* p, const char* end) noexcept {
#if defined(__SSE2__)
    bool found = false;
    p = detail::skip_blocks(p, end, found, [](__m128i b) {
        return _mm_or_si128(_mm_cmpeq_epi8(b, _mm_set1_epi8('\r')), _mm_cmpeq_epi8(b, _mm_set1_epi8('\n')));
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
        return _mm_or_si128(_mm_andnot_si128(_mm_or_si128(fine, tab), _mm_set1_epi8(-1)), del);
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
        return _mm_or_si128(_mm_or_si128(low, del), _mm_cmpeq_epi8(b, _mm_set1_epi8('#')));
    });
    if (found) return p;
#endif
    while (p != end && *p > 0x20 && *p < 0x7f && *p != '#') ++p;
    return p;
}

}  // namespace gate::http
